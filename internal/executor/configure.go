package executor

import (
	"encoding/json"
	"fmt"

	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/version"
)

// driverName is how the job log names this executor.
const driverName = "fargate-operator"

// Configure prints what the runner has to know of this executor.
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
