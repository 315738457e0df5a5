package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/fargate-operator/fargate-operator/internal/standalone"
)

// sweep is one run of fargate sweep.
type sweep struct {
	store  *standalone.Store
	age    time.Duration
	stop   bool
	output io.Writer
}

// sweepCommand cleans up what killed stages left behind.
func (l *launch) sweepCommand() *cobra.Command {
	s := &sweep{}
	command := &cobra.Command{
		Use:   "sweep",
		Short: "Find and clean up the tasks and files that jobs without Kubernetes left behind",
		Long: `Find the tasks and files that jobs without Kubernetes left behind.

A job counts as left behind 30 minutes after its timeout, or at the age given by --older-than. A task of this
installation that no longer belongs to a job counts as left behind after five minutes, or at that age, and so does the
file with the key to a job that is gone. The age of a task is by AWS's clock.

Nothing is changed without --stop. The exit code is 0 if everything was checked and, with --stop, everything that was left
behind was cleaned up: its tasks stopped and its files removed.`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			s.output = command.OutOrStdout()
			return l.sweep(command.Context(), s)
		},
	}
	command.Flags().DurationVar(&s.age, "older-than", 0, "age, such as 24h, at which jobs, tasks and files count as left behind (default: see above)")
	command.Flags().BoolVar(&s.stop, "stop", false, "stop the tasks and remove the files that were left behind, instead of only listing them")
	return command
}

func (l *launch) sweep(ctx context.Context, s *sweep) error {
	if s.age < 0 {
		return fmt.Errorf("--older-than must be an age such as 24h, not %s", s.age)
	}
	config, err := l.loadConfig()
	if err != nil {
		return err
	}
	log, closeLog, err := openLog(config, l.voice())
	if err != nil {
		return err
	}
	defer closeLog()
	if s.store, err = openStandalone(config, log); err != nil {
		return err
	}
	return s.run(ctx)
}

// run continues after an error: a cluster that cannot be reached must not keep
// the tasks of another one running.
func (s *sweep) run(ctx context.Context) error {
	leftovers, err := s.store.Leftovers(ctx, s.age)
	errs := []error{err}
	failed := 0
	for _, leftover := range leftovers {
		if err := s.handle(ctx, leftover); err != nil {
			failed++
			errs = append(errs, fmt.Errorf("cleaning up %s: %w", describe(leftover), err))
		}
	}
	switch {
	case s.stop:
		fmt.Fprintf(s.output, "%d left behind, %d cleaned up\n", len(leftovers), len(leftovers)-failed)
	case len(leftovers) > 0:
		fmt.Fprintf(s.output, "%d left behind, run fargate sweep --stop to clean up\n", len(leftovers))
	default:
		fmt.Fprintln(s.output, "nothing left behind")
	}
	return errors.Join(errs...)
}

func (s *sweep) handle(ctx context.Context, leftover standalone.Leftover) error {
	did := "left behind"
	if s.stop {
		if err := s.store.Stop(ctx, leftover); err != nil {
			return err
		}
		did = "cleaned up"
	}
	fmt.Fprintf(s.output, "%s: %s: %s\n", did, describe(leftover), leftover.Why)
	return nil
}

// describe names a leftover by its file, or by its job, its task or both.
func describe(leftover standalone.Leftover) string {
	switch {
	case leftover.File != "":
		return "connection file " + leftover.File
	case leftover.Job == "":
		return "task " + leftover.Task
	case leftover.Task == "":
		return leftover.Job + ", whose task is not known"
	default:
		return fmt.Sprintf("%s with task %s", leftover.Job, leftover.Task)
	}
}
