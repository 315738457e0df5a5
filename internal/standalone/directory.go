package standalone

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/fargate-operator/fargate-operator/internal/atomicfile"
	"github.com/fargate-operator/fargate-operator/internal/executor"
)

const (
	// stateSuffix ends the name of a state file, after the job's.
	stateSuffix = ".state.json"
	// installationFile has the UUID of all jobs of the directory.
	installationFile = "installation"
)

// CheckDirectory says what is wrong with a directory for jobs' state. Whether
// this process can write to it shows when it does so.
func CheckDirectory(path string) error {
	if path == "" {
		return errors.New("without Kubernetes, jobs need a directory for their state: set Directory in the [TaskMetadata] section of the configuration, for example to /opt/gitlab-runner/metadata")
	}
	return executor.CheckDirectory(path)
}

// installationOf reads the directory's UUID, or gives it one. It marks the
// tasks of this directory's jobs in ECS.
func installationOf(directory string) (uuid.UUID, error) {
	path := filepath.Join(directory, installationFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = atomicfile.Create(path, []byte(uuid.NewString()+"\n"))
		if err == nil || errors.Is(err, fs.ErrExist) {
			data, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return uuid.UUID{}, fmt.Errorf("cannot keep the identity of this installation: make sure that %s has space and belongs to the user that gitlab-runner runs as (uid %d): %w",
			directory, os.Getuid(), err)
	}
	installation, err := uuid.Parse(strings.TrimSpace(string(data)))
	if err != nil {
		return uuid.UUID{}, fmt.Errorf("the file %s, which marks this installation's tasks, is damaged: restore it from a backup, or write into it what the tag ci.fargate-operator.dev/installation of a task says: %w", path, err)
	}
	return installation, nil
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
