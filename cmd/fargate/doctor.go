package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/fargate-operator/fargate-operator/internal/doctor"
	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
)

// diagnosis is one run of fargate doctor.
type diagnosis struct {
	startTask bool
	classFile string
	output    io.Writer
}

func (l *launch) doctorCommand() *cobra.Command {
	d := &diagnosis{}
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Find out why jobs do not run, and how to fix it",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			d.output = command.OutOrStdout()
			return l.diagnose(command.Context(), d)
		},
	}
	command.Flags().BoolVar(&d.startTask, "start-task", false, "start a task, run a script in it and stop it, as a job does")
	command.Flags().StringVar(&d.classFile, "class-file", "", "file with the FargateTaskClass to check, if jobs run through Kubernetes")
	return command
}

// diagnose prints the findings, and fails with exit code 1, without further
// words, if one of them is a failure.
func (l *launch) diagnose(ctx context.Context, d *diagnosis) error {
	findings := l.examine(ctx, d)
	err := doctor.Write(d.output, findings)
	if err == nil && doctor.Failed(findings) {
		return &gitlab.BuildFailure{Code: 1}
	}
	return err
}

func (l *launch) examine(ctx context.Context, d *diagnosis) []doctor.Finding {
	config, err := l.loadConfig()
	findings := doctor.Configuration(l.flags.config, err)
	if err != nil {
		return findings
	}
	log, closeLog, err := openLog(config, l.voice())
	if err != nil {
		return doctor.Configuration(l.flags.config, err)
	}
	defer closeLog()
	options := l.options(config, log)
	findings = append(findings, doctor.Directory(options.Directory, config.Kubernetes == nil))
	findings = append(findings, examineTasks(ctx, config, options, d.classFile)...)
	switch {
	case !d.startTask:
		return append(findings, doctor.NotTried("fargate --config "+l.flags.config+" doctor --start-task"))
	case doctor.Failed(findings):
		return append(findings, doctor.Blocked(findings))
	}
	return append(findings, doctor.Try(ctx, options)...)
}

// examineTasks checks what tasks need in the configured mode.
func examineTasks(ctx context.Context, config *driverconfig.Config, options executor.Options, classFile string) []doctor.Finding {
	if config.Kubernetes == nil {
		return doctor.ExamineFile(ctx, inspect.New(&ecs.Clients{}), &config.Class().Spec.TaskTemplate)
	}
	findings := []doctor.Finding{doctor.Store(ctx, options.OpenStore)}
	if classFile == "" {
		return append(findings, doctor.InCluster(config.Kubernetes))
	}
	class, err := doctor.ReadClass(classFile)
	if err != nil {
		return append(findings, doctor.Configuration(classFile, err)...)
	}
	return append(findings, doctor.ExamineClass(ctx, inspect.New(&ecs.Clients{}), &class.Spec.TaskTemplate)...)
}
