package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/fargate-operator/fargate-operator/internal/doctor"
	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
)

// doctorRun is one run of fargate doctor.
type doctorRun struct {
	startTask bool
	classFile string
	output    io.Writer
}

func (l *launch) doctorCommand() *cobra.Command {
	c := &doctorRun{}
	command := &cobra.Command{
		Use:   "doctor",
		Short: "Find out why jobs do not run, and how to mend it",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			c.output = command.OutOrStdout()
			return l.runDoctor(command.Context(), c)
		},
	}
	command.Flags().BoolVar(&c.startTask, "start-task", false, "start a task, run a script in it and stop it, as a job does")
	command.Flags().StringVar(&c.classFile, "class-file", "", "file with the FargateTaskClass to check, where jobs run through Kubernetes")
	return command
}

// runDoctor fails with exit code 1 if something is wrong: the findings say it all.
func (l *launch) runDoctor(ctx context.Context, c *doctorRun) error {
	findings := l.examine(ctx, c)
	err := doctor.Write(c.output, findings)
	if err == nil && doctor.Failed(findings) {
		return &gitlab.BuildFailure{Code: 1}
	}
	return err
}

func (l *launch) examine(ctx context.Context, c *doctorRun) []doctor.Finding {
	config, err := l.loadConfig()
	findings := doctor.Configuration(l.flags.config, err)
	if err != nil {
		return findings
	}
	log, closeLog, err := openLog(config)
	if err != nil {
		return doctor.Configuration(l.flags.config, err)
	}
	defer closeLog()
	options := l.options(config, log)
	findings = append(findings, doctor.Directory(options.Directory, config.Kubernetes == nil))
	findings = append(findings, examineTasks(ctx, config, options, c.classFile)...)
	if !c.startTask || doctor.Failed(findings) {
		return append(findings, doctor.NotTried("fargate --config "+l.flags.config+" doctor --start-task"))
	}
	return append(findings, doctor.Try(ctx, options)...)
}

// examineTasks looks at what the tasks of the configured mode need.
func examineTasks(ctx context.Context, config *driverconfig.Config, options executor.Options, classFile string) []doctor.Finding {
	if config.Kubernetes == nil {
		return doctor.ExamineFile(ctx, &ecs.Clients{}, &config.Class().Spec.TaskTemplate)
	}
	findings := []doctor.Finding{doctor.Store(ctx, options.OpenStore)}
	if classFile == "" {
		return append(findings, doctor.InCluster(config.Kubernetes))
	}
	class, err := doctor.ReadClass(classFile)
	if err != nil {
		return append(findings, doctor.Configuration(classFile, err)...)
	}
	return append(findings, doctor.ExamineClass(ctx, &ecs.Clients{}, &class.Spec.TaskTemplate)...)
}
