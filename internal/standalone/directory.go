package standalone

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/executor"
)

// stateSuffix ends the name of a state file, after the job's.
const stateSuffix = ".state.json"

// CheckDirectory says what is wrong with a directory for jobs' state. Whether
// this process can write to it shows when it does so.
func CheckDirectory(path string) error {
	if path == "" {
		return errors.New("without Kubernetes, jobs need a directory for their state: set Directory in the [TaskMetadata] section of the configuration, for example to /opt/gitlab-runner/metadata")
	}
	return executor.CheckDirectory(path)
}

// statePath is where a job's state is. A name that cannot be a file name has
// none.
func (s *Store) statePath(name string) (string, error) {
	if name == "" || filepath.Base(name) != name || strings.HasPrefix(name, ".") {
		return "", fmt.Errorf("%q is not a valid job name: the connection file that has it is damaged, remove it", name)
	}
	return filepath.Join(s.directory, name+stateSuffix), nil
}

// names lists the jobs that have a state file.
func (s *Store) names() ([]string, error) {
	entries, err := os.ReadDir(s.directory)
	if err != nil {
		return nil, fmt.Errorf("listing the jobs' state files: %w", err)
	}
	var names []string
	for _, entry := range entries {
		name, isState := strings.CutSuffix(entry.Name(), stateSuffix)
		if isState && name != "" && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	return names, nil
}
