package fakerunner

import (
	"cmp"
	"errors"
	"fmt"
)

// configOutput is what the config stage may print. The cache folder is not in it:
// only cache stages use it, and no job has any here.
type configOutput struct {
	BuildsDir string                          `json:"builds_dir"`
	Driver    *struct{ Name, Version string } `json:"driver"`
	JobEnv    map[string]string               `json:"job_env"`
	Shell     string                          `json:"shell"`
}

// apply applies the config stage's output to the attempt. As with gitlab-runner,
// it wins over config.toml, and one of the two must name the builds folder.
func (a *Attempt) apply(config *configOutput) error {
	if config.Driver != nil {
		a.printf("Using Custom executor with driver %s %s...\n", config.Driver.Name, config.Driver.Version)
	}
	for name, value := range config.JobEnv {
		a.jobEnv = append(a.jobEnv, name+"="+value)
	}
	a.buildsDir = cmp.Or(config.BuildsDir, a.buildsDir)
	switch {
	case a.buildsDir == "":
		return errors.New("the builds_dir is not configured")
	case config.Shell != "" && config.Shell != "bash":
		return fmt.Errorf("shell %s: scripts are only for bash here", config.Shell)
	default:
		return nil
	}
}
