package standalone

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"

	"github.com/fargate-operator/fargate-operator/internal/atomicfile"
)

// installationFile has the UUID of all jobs of a directory whose installation has
// no other id.
const installationFile = "installation"

// installation is what the tasks of a directory's jobs are marked with in ECS.
type installation struct {
	id string
	// shared means that other machines may have the same id: a task that has no
	// job in this directory may have one in another's.
	shared bool
	// namespace is what UIDs of jobs are derived from.
	namespace uuid.UUID
}

// installationOf is the installation with the given id, which the directory need
// not know, or else the directory's own.
func installationOf(directory, id string) (installation, error) {
	if id == "" {
		own, err := ownID(directory)
		return installation{id: own.String(), namespace: own}, err
	}
	// The id of a directory's own keeps the UIDs of its jobs.
	namespace, err := uuid.Parse(id)
	if err != nil || namespace.String() != id {
		namespace = uuid.NewSHA1(uuid.Nil, []byte(id))
	}
	return installation{id: id, shared: true, namespace: namespace}, nil
}

// ownID reads the directory's UUID, or gives it one.
func ownID(directory string) (uuid.UUID, error) {
	path := filepath.Join(directory, installationFile)
	data, err := readID(path)
	if errors.Is(err, fs.ErrNotExist) {
		err = atomicfile.Create(path, []byte(uuid.NewString()+"\n"))
		if err == nil || errors.Is(err, fs.ErrExist) {
			data, err = readID(path)
		}
	}
	if err != nil {
		return uuid.UUID{}, fmt.Errorf("cannot keep the identity of this installation: make sure that %s has space and belongs to the user that gitlab-runner runs as (uid %d): %w",
			directory, os.Getuid(), err)
	}
	id, err := uuid.Parse(strings.TrimSpace(string(data)))
	if err != nil {
		return uuid.UUID{}, fmt.Errorf("the file %s, which marks this installation's tasks, is damaged: restore it from a backup, or write into it what the tag ci.fargate-operator.dev/installation of a task says: %w", path, err)
	}
	return id, nil
}

// maxIDSize is more than a UUID takes: the file may be anything.
const maxIDSize = 1 << 10

func readID(path string) ([]byte, error) {
	file, err := atomicfile.Open(path, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, maxIDSize))
}
