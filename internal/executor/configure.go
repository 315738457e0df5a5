package executor

import (
	"encoding/json"
	"fmt"

	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/version"
)

// driverName is this executor's name in the job log.
const driverName = "fargate-operator"

// Configure prints what the runner needs to know about this executor, as JSON.
func (e *Executor) Configure() error {
	output := gitlab.ConfigOutput{
		BuildsDir: e.BuildsDir,
		CacheDir:  e.CacheDir,
		Hostname:  e.Hostname,
		Shell:     e.Shell,
		Driver:    &gitlab.Driver{Name: driverName, Version: version.Version},
	}
	if err := json.NewEncoder(e.Stdout).Encode(output); err != nil {
		return fmt.Errorf("printing the configuration for the runner: %w", err)
	}
	return nil
}
