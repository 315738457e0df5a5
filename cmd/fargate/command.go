package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/version"
)

// command describes the command line.
func (l *launch) command() *cobra.Command {
	root := &cobra.Command{
		Use:           "fargate",
		Short:         "Run each GitLab CI job in its own AWS Fargate task",
		SilenceErrors: true, // run prints them, and exits as gitlab-runner expects.
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs, // so that noCommand gets unknown commands
		RunE:          noCommand,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	l.flags.register(root)
	root.AddCommand(l.customCommand(), l.configCommand(), l.doctorCommand(), l.sweepCommand(), installCommand(), &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(command.OutOrStdout(), version.Describe("fargate"))
			return err
		},
	})
	return root
}

// noCommand refuses a call that would do nothing: gitlab-runner would mistake it
// for a stage that succeeded.
func noCommand(_ *cobra.Command, args []string) error {
	const stages = "gitlab-runner calls fargate --config FILE custom STAGE, and fargate --help lists all commands"
	if len(args) == 0 {
		return errors.New("no command: " + stages)
	}
	return fmt.Errorf("there is no command %q: %s", args[0], stages)
}

// customCommand has the stages of gitlab-runner's custom executor.
func (l *launch) customCommand() *cobra.Command {
	custom := &cobra.Command{
		Use:   "custom",
		Short: "The stages that gitlab-runner's custom executor calls",
		Args:  cobra.ArbitraryArgs, // so that RunE gets unknown stages
		RunE: func(_ *cobra.Command, args []string) error {
			const stages = "name one of the stages config, prepare, run and cleanup, for example fargate --config FILE custom prepare"
			if len(args) == 0 {
				return errors.New("fargate custom needs a stage: " + stages)
			}
			return fmt.Errorf("fargate custom has no stage %q: %s", args[0], stages)
		},
	}
	custom.AddCommand(
		l.stageCommand("config", "Print what the runner needs to know", cobra.NoArgs,
			func(_ *cobra.Command, _ []string, e *executor.Executor) error { return e.Configure() }),
		l.stageCommand(prepareStage, "Start a task and wait until it can be reached", cobra.NoArgs,
			func(command *cobra.Command, _ []string, e *executor.Executor) error {
				ctx, stop := whileAwaited(command.Context())
				defer stop()
				return e.Prepare(ctx)
			}),
		l.stageCommand(runStage+" SCRIPT STAGE", "Run a script in the task", scriptAndStage,
			func(command *cobra.Command, args []string, e *executor.Executor) error {
				ctx, stop := whileAwaited(command.Context())
				defer stop()
				return e.Run(ctx, args[0], gitlab.Stage(args[1]))
			}),
		l.stageCommand(cleanupStage, "Delete the job, which stops its task", cobra.NoArgs,
			func(command *cobra.Command, _ []string, e *executor.Executor) error {
				return e.Cleanup(command.Context())
			}),
	)
	return custom
}

func (l *launch) stageCommand(use, short string, args cobra.PositionalArgs, run func(*cobra.Command, []string, *executor.Executor) error) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  args,
		RunE: func(command *cobra.Command, args []string) error {
			l.stageName = command.Name()
			return l.stage(func(e *executor.Executor) error { return run(command, args, e) })
		},
	}
}

func scriptAndStage(_ *cobra.Command, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("fargate custom run takes the path of a script and the name of its stage, got %d arguments: end run_args in the runner's config.toml with \"custom\", \"run\", gitlab-runner adds both", len(args))
	}
	return nil
}
