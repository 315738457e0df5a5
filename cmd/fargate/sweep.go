package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
	"github.com/fargate-operator/fargate-operator/internal/taskrules"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// sweep is one run of fargate sweep.
type sweep struct {
	age     time.Duration
	adopted []string
	stop    bool
	output  io.Writer
}

// leftBehind is something that a runner, or a stage of it, has left behind.
type leftBehind struct {
	what, why string
	stop      func(context.Context) error
}

// sweepCommand cleans up what killed runners and stages left behind.
func (l *launch) sweepCommand() *cobra.Command {
	s := &sweep{}
	command := &cobra.Command{
		Use:   "sweep",
		Short: "Find and clean up what killed runners left behind: jobs, tasks and files",
		Long: `Find what killed runners left behind: jobs, tasks, and files with keys.

By default that is only what is certainly nobody's:
- a job of a runner on this machine whose process has ended, and of an earlier container of this pod,
- without Kubernetes, a job 30 minutes after its timeout,
- a task of this installation that belongs to no job. It counts after five minutes; but if InstallationID is set, so that
  other machines may have the same, at its deadline, which its tags have: the job's timeout and 30 minutes,
- the file with the key to a job that is gone, and what an interrupted write left, after five minutes.
With --older-than it is, without Kubernetes, all that is older, also jobs that run, and with InstallationID also those of
other machines. The age of a task is by AWS's clock.

Nothing is changed without --stop. The exit code is 0 if everything was checked and, with --stop, everything that was left
behind was cleaned up: its tasks stopped and its files removed. With Kubernetes the controller stops the tasks.`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			s.output = command.OutOrStdout()
			return l.sweep(command.Context(), s)
		},
	}
	command.Flags().DurationVar(&s.age, "older-than", 0, "age, such as 24h, at which jobs without Kubernetes, tasks and files count as left behind (default: see above)")
	command.Flags().StringSliceVar(&s.adopted, "adopt-installations", nil,
		"comma-separated ids of installations that are given up: all their tasks without a job here count as left behind after five minutes")
	command.Flags().BoolVar(&s.stop, "stop", false, "stop the tasks and remove the files that were left behind, instead of only listing them")
	return command
}

func (l *launch) sweep(ctx context.Context, s *sweep) error {
	config, err := l.loadConfig()
	if err == nil {
		err = s.check(config)
	}
	if err != nil {
		return err
	}
	log, closeLog, err := openLog(config, l.voice())
	if err != nil {
		return err
	}
	defer closeLog()
	found, err := l.leftBehind(ctx, s, config, log)
	return s.cleanUp(ctx, found, err)
}

func (s *sweep) check(config *driverconfig.Config) error {
	if s.age < 0 {
		return fmt.Errorf("--older-than must be an age such as 24h, not %s", s.age)
	}
	if config.Kubernetes != nil && len(s.adopted) > 0 {
		return errors.New("--adopt-installations is for jobs without Kubernetes: give it to the controller instead")
	}
	for _, id := range s.adopted {
		if err := taskrules.Installation.Check(id); err != nil {
			return fmt.Errorf("each of --adopt-installations %w", err)
		}
	}
	return nil
}

// leftBehind lists what is left behind in both modes: a runner may have worked
// without Kubernetes before. The error says what could not be checked.
func (l *launch) leftBehind(ctx context.Context, s *sweep, config *driverconfig.Config, log *slog.Logger) ([]leftBehind, error) {
	if config.Kubernetes == nil {
		return s.inDirectory(ctx, config, log, nil)
	}
	jobs, found, err := inKubernetes(ctx, config)
	if config.TaskMetadata.Directory == "" {
		return found, err
	}
	more, moreErr := s.inDirectory(ctx, config, log, jobs.find)
	return append(found, more...), errors.Join(err, moreErr)
}

// cleanUp continues after an error: a cluster that cannot be reached must not
// keep the tasks of another one running.
func (s *sweep) cleanUp(ctx context.Context, found []leftBehind, err error) error {
	errs := []error{err}
	failed := 0
	for _, one := range found {
		if err := s.handle(ctx, one); err != nil {
			failed++
			errs = append(errs, fmt.Errorf("cleaning up %s: %w", one.what, err))
		}
	}
	switch {
	case s.stop:
		fmt.Fprintf(s.output, "%d left behind, %d cleaned up\n", len(found), len(found)-failed)
	case len(found) > 0:
		fmt.Fprintf(s.output, "%d left behind, run fargate sweep --stop to clean up\n", len(found))
	case err == nil:
		fmt.Fprintln(s.output, "nothing left behind")
	}
	return errors.Join(errs...)
}

func (s *sweep) handle(ctx context.Context, one leftBehind) error {
	did := "left behind"
	if s.stop {
		if err := one.stop(ctx); err != nil {
			return err
		}
		did = "cleaned up"
	}
	fmt.Fprintln(s.output, text.OneLine(fmt.Sprintf("%s: %s: %s", did, one.what, one.why)))
	return nil
}
