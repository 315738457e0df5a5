package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
	"github.com/fargate-operator/fargate-operator/internal/taskrules"
)

// flags are the flags of the command line, which override the configuration if
// set.
type flags struct {
	config          string
	debug           bool
	logLevel        string
	logFile         string
	logFormat       string
	taskDefinition  string
	platformVersion string
}

// register adds the flags to a command and its subcommands.
func (f *flags) register(command *cobra.Command) {
	set := command.PersistentFlags()
	set.StringVar(&f.config, "config", "", "path of fargate.toml")
	set.BoolVar(&f.debug, "debug", false, "the same as --log-level debug")
	set.StringVar(&f.logLevel, "log-level", "", "debug, info, warn or error (default: LogLevel in fargate.toml)")
	set.StringVar(&f.logFile, "log-file", "", "file to append the log to (default: LogFile in fargate.toml)")
	set.StringVar(&f.logFormat, "log-format", "", "text or json (default: LogFormat in fargate.toml)")
	set.StringVar(&f.taskDefinition, "task-def", "",
		"task definition of all jobs: family, family:revision or ARN (default: the CI variable FARGATE_TASK_DEFINITION, then TaskDefinition in fargate.toml)")
	set.StringVar(&f.platformVersion, "platform-version", "",
		"Fargate platform version of all jobs (default: the CI variable FARGATE_PLATFORM_VERSION, then PlatformVersion in fargate.toml)")
}

// check refuses values that the file may not have either.
func (f *flags) check(config *driverconfig.Config) error {
	return errors.Join(
		checkFlag("--log-level", f.logLevel, driverconfig.CheckLogLevel),
		checkFlag("--log-format", f.logFormat, driverconfig.CheckLogFormat),
		checkFlag("--task-def", f.taskDefinition, taskrules.TaskDefinition.Check),
		checkFlag("--platform-version", f.platformVersion, taskrules.PlatformVersion.Check),
		checkFlag("--platform-version", f.platformVersion, onFargate(config)),
	)
}

func checkFlag(name, value string, check func(string) error) error {
	if value == "" {
		return nil
	}
	if err := check(value); err != nil {
		return fmt.Errorf("%s %w", name, err)
	}
	return nil
}

// onFargate refuses what Fargate alone has if tasks run elsewhere.
func onFargate(config *driverconfig.Config) func(string) error {
	return func(string) error {
		if config.Kubernetes != nil || config.Fargate.OnFargate() {
			return nil
		}
		return errors.New("is for Fargate alone: remove the flag, or use Fargate as capacity in fargate.toml")
	}
}

// apply overrides the file with the flags. With Kubernetes the task definition
// and the platform version go into the FargateJob instead, and the class has to
// let jobs choose them.
func (f *flags) apply(config *driverconfig.Config) {
	replace(&config.LogLevel, f.logLevel)
	replace(&config.LogFormat, f.logFormat)
	replace(&config.LogFile, f.logFile)
	if f.debug {
		config.LogLevel = "debug"
	}
	if config.Kubernetes == nil {
		replace(&config.Fargate.TaskDefinition, f.taskDefinition)
		replace(&config.Fargate.PlatformVersion, f.platformVersion)
	}
}

// installationVariable is an environment variable of the runner. A job cannot set
// it: its variables' names begin with CUSTOM_ENV_.
const installationVariable = "FARGATE_INSTALLATION_ID"

// applyInstallation overrides the file with the environment variable.
func applyInstallation(config *driverconfig.Config) error {
	id := os.Getenv(installationVariable)
	if config.Kubernetes != nil || id == "" {
		return nil
	}
	config.TaskMetadata.InstallationID = id
	return checkFlag(installationVariable, id, taskrules.Installation.Check)
}

func replace(setting *string, flag string) {
	if flag != "" {
		*setting = flag
	}
}
