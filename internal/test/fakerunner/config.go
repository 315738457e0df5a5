package fakerunner

import (
	"fmt"
	"os"

	"github.com/pelletier/go-toml/v2"
)

// Custom is a [runners.custom] section: the programs that the stages start, and
// the arguments that come before the runner's own.
type Custom struct {
	ConfigExec  string   `toml:"config_exec"`
	ConfigArgs  []string `toml:"config_args"`
	PrepareExec string   `toml:"prepare_exec"`
	PrepareArgs []string `toml:"prepare_args"`
	RunExec     string   `toml:"run_exec"`
	RunArgs     []string `toml:"run_args"`
	CleanupExec string   `toml:"cleanup_exec"`
	CleanupArgs []string `toml:"cleanup_args"`
}

// Calling is the section that calls the fargate binary in all stages with a
// fargate.toml.
func Calling(executable, config string) Custom {
	args := func(stage string) []string { return []string{"--config", config, "custom", stage} }
	return Custom{
		ConfigExec: executable, ConfigArgs: args("config"),
		PrepareExec: executable, PrepareArgs: args("prepare"),
		RunExec: executable, RunArgs: args("run"),
		CleanupExec: executable, CleanupArgs: args("cleanup"),
	}
}

// Load reads the only runner of a config.toml.
func Load(path string) (*Runner, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var config struct {
		Runners []struct {
			Executor  string `toml:"executor"`
			BuildsDir string `toml:"builds_dir"`
			Custom    Custom `toml:"custom"`
		} `toml:"runners"`
	}
	if err := toml.Unmarshal(data, &config); err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if len(config.Runners) != 1 || config.Runners[0].Executor != "custom" {
		return nil, fmt.Errorf("%s must have one runner, whose executor is custom", path)
	}
	runner := &config.Runners[0]
	return &Runner{Custom: runner.Custom, BuildsDir: runner.BuildsDir}, nil
}
