package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
)

// configCommand is for people; what gitlab-runner calls is custom config.
func (l *launch) configCommand() *cobra.Command {
	config := &cobra.Command{
		Use:   "config",
		Short: "Commands for fargate.toml",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("fargate config needs a command: fargate --config FILE config check checks the file; the stage that gitlab-runner calls is fargate --config FILE custom config")
		},
	}
	config.AddCommand(&cobra.Command{
		Use:   "check",
		Short: "Check fargate.toml and print the effective configuration",
		Args:  cobra.NoArgs,
		RunE:  func(command *cobra.Command, _ []string) error { return l.checkConfig(command.OutOrStdout()) },
	})
	return config
}

// checkConfig fails with exit code 1 if something is wrong with the file.
func (l *launch) checkConfig(out io.Writer) error {
	config, err := l.loadConfig()
	if err != nil {
		return &gitlab.BuildFailure{Code: 1, Err: err}
	}
	_, err = fmt.Fprintf(out, "# %s is valid: %s.\n\n%s", l.flags.config, mode(config), config)
	for _, key := range config.Idle() {
		_, _ = fmt.Fprintln(out, "# no effect:", key)
	}
	return err
}

func mode(config *driverconfig.Config) string {
	if config.Kubernetes != nil {
		return "jobs run through FargateJobs in Kubernetes"
	}
	return "jobs run without Kubernetes, in the tasks that [Fargate] describes"
}
