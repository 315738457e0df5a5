package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"k8s.io/klog/v2"

	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/kubestore"
)

// launch is one launch of the binary.
type launch struct {
	environment gitlab.Environment
	flags       flags
}

// flags are the command line's; those that are set win over the configuration.
type flags struct {
	config    string
	debug     bool
	logLevel  string
	logFile   string
	logFormat string
}

// newLaunch reads the environment. The launch is usable also with an error, to
// report it.
func newLaunch(environ []string) (*launch, error) {
	environment, err := gitlab.ParseEnvironment(environ)
	return &launch{environment: environment}, errors.Join(err, environment.Exit.RemoveStale())
}

// execute runs the command line.
func (l *launch) execute(ctx context.Context, args []string) error {
	root := l.command()
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}

// stage loads the configuration and runs one stage.
func (l *launch) stage(run func(*executor.Executor) error) error {
	if l.flags.config == "" {
		return errors.New("no configuration: give the path of fargate.toml with --config, before the word custom in config_args, prepare_args, run_args and cleanup_args")
	}
	config, err := driverconfig.Load(l.flags.config)
	if err != nil {
		return err
	}
	log, closeLog, err := openLog(l.flags.logSettings(config))
	if err != nil {
		return err
	}
	defer closeLog()
	klog.SetSlogLogger(log) // the Kubernetes client's log
	err = run(executor.New(l.options(config, log)))
	if err != nil {
		log.Error("The stage failed", "error", err.Error())
	}
	return err
}

func (l *launch) options(config *driverconfig.Config, log *slog.Logger) executor.Options {
	return executor.Options{
		Environment: l.environment,
		OpenStore: func() (executor.JobStore, error) {
			return kubestore.Open(config.Kubernetes.Kubeconfig, config.Kubernetes.Namespace)
		},
		Class:        config.Kubernetes.TaskClass,
		Pod:          executor.PodFromEnvironment(os.Getenv),
		Directory:    config.TaskMetadata.Directory,
		Username:     config.SSH.Username,
		Port:         config.SSH.PortOr(0),
		ReadyTimeout: time.Duration(config.SSH.ReadyTimeout),
		BuildsDir:    config.Runner.BuildsDir,
		CacheDir:     config.Runner.CacheDir,
		Stdout:       os.Stdout,
		Stderr:       os.Stderr,
		Log:          log,
	}
}
