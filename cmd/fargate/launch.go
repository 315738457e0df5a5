package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"k8s.io/klog/v2"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/kubestore"
	"github.com/fargate-operator/fargate-operator/internal/standalone"
)

// launch is one run of the binary.
type launch struct {
	environment gitlab.Environment
	flags       flags
	stageName   string // of the stage that gitlab-runner has called; empty for other commands
	// stdout and stderr are those of the process.
	stdout, stderr io.Writer
}

// newLaunch reads the environment. The launch is usable even if there is an
// error, in order to report it. told is closed when the process is told to end.
func newLaunch(environ []string, told <-chan struct{}) (*launch, error) {
	environment, err := gitlab.ParseEnvironment(environ)
	l := &launch{
		environment: environment,
		stdout:      &jobLog{to: os.Stdout, told: told},
		stderr:      &jobLog{to: os.Stderr, told: told},
	}
	return l, errors.Join(err, environment.Exit.RemoveStale())
}

// execute runs the command line.
func (l *launch) execute(ctx context.Context, args []string) error {
	root := l.command() //nolint:contextcheck // the commands get ctx from ExecuteContext
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}

// stage loads the configuration and runs one stage.
func (l *launch) stage(run func(*executor.Executor) error) error {
	config, err := l.loadConfig()
	if err != nil {
		return err
	}
	log, closeLog, err := openLog(config, l.voice())
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

// loadConfig reads the configuration and applies the flags.
func (l *launch) loadConfig() (*driverconfig.Config, error) {
	if l.flags.config == "" {
		return nil, errors.New("no configuration: give the path of fargate.toml with --config, before the word custom in config_args, prepare_args, run_args and cleanup_args")
	}
	config, err := driverconfig.Load(l.flags.config)
	if err == nil {
		err = l.flags.check(config)
	}
	if err != nil {
		return nil, err
	}
	l.flags.apply(config)
	if err := applyInstallation(config); err != nil {
		return nil, err
	}
	return config, nil
}

func (l *launch) options(config *driverconfig.Config, log *slog.Logger) executor.Options {
	options := executor.Options{
		Environment:     l.environment,
		OpenStore:       func() (executor.JobStore, string, error) { return openStore(config, log) },
		TaskDefinition:  l.flags.taskDefinition,
		PlatformVersion: l.flags.platformVersion,
		Pod:             executor.PodFromEnvironment(os.Getenv),
		Idle:            config.Idle(),
		Directory:       config.TaskMetadata.Directory,
		Username:        config.SSH.Username,
		Port:            config.SSH.PortOr(0),
		KeyType:         v1alpha1.KeyType(config.SSH.KeyType),
		ReadyTimeout:    time.Duration(config.SSH.ReadyTimeout),
		RetryTimeout:    time.Duration(config.SSH.RetryTimeout),
		ConnectTimeout:  time.Duration(config.SSH.ConnectTimeout),
		KeepAlive:       time.Duration(config.SSH.KeepAliveInterval),
		BuildsDir:       config.Runner.BuildsDir,
		CacheDir:        config.Runner.CacheDir,
		Shell:           config.Runner.Shell,
		Hostname:        hostname(),
		Stdout:          l.stdout,
		Stderr:          l.stderr,
		Log:             log,
	}
	if config.Kubernetes == nil {
		options.LastLines = standalone.LastLines
	} else {
		options.Class, options.Classes = config.Kubernetes.TaskClass, config.Overrides.TaskClasses
	}
	return options
}

// hostname is this machine's name in the job log, empty if it has none.
func hostname() string {
	name, _ := os.Hostname()
	return name
}

// openStore opens the store of the mode that the configuration chooses, and
// returns the namespace of new jobs.
func openStore(config *driverconfig.Config, log *slog.Logger) (executor.JobStore, string, error) {
	if config.Kubernetes == nil {
		store, err := standalone.Open(standaloneOptions(config, log))
		return store, "", err
	}
	store, err := kubestore.Open(config.Kubernetes.Kubeconfig, config.Kubernetes.Namespace)
	if err != nil {
		return nil, "", err
	}
	return store, store.Namespace(), nil
}

// standaloneOptions are those of the store of jobs without Kubernetes. If there is
// a section [Kubernetes], the store only serves to clean up jobs from before.
func standaloneOptions(config *driverconfig.Config, log *slog.Logger) standalone.Options {
	options := standalone.Options{
		Directory:    config.TaskMetadata.Directory,
		Installation: config.TaskMetadata.InstallationID,
		Pod:          executor.PodFromEnvironment(os.Getenv).UID,
		Log:          log,
	}
	if config.Kubernetes == nil {
		options.Class = config.Class()
	}
	return options
}
