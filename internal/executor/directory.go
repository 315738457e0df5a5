package executor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/fargate-operator/fargate-operator/internal/atomicfile"
)

// directoryKey is where the metadata directory is configured, for people.
const directoryKey = "Directory in the [TaskMetadata] section of the configuration"

// othersMayWrite are the permission bits for the group and for all other users.
const othersMayWrite = 0o022

// CheckDirectory says what is wrong with a directory in which the stages of jobs
// leave each other files. Whether this process can write to it shows when it does
// so. root may use a directory of another user, to sweep it.
func CheckDirectory(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the directory %s does not exist: create it for the user that gitlab-runner runs as (uid %d), or correct %s", path, os.Geteuid(), directoryKey)
	case err != nil:
		return fmt.Errorf("cannot use the metadata directory, correct %s: %w", directoryKey, err)
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory: correct %s", path, directoryKey)
	case os.Geteuid() == 0:
		return checkWriters(path, info, 0, atomicfile.Owner(info))
	default:
		return checkWriters(path, info, 0, os.Geteuid())
	}
}

// checkWriters refuses a directory in which anyone but the given users can
// replace files. The sticky bit does not help: others could make a job's file
// before we do.
func checkWriters(path string, info fs.FileInfo, users ...int) error {
	owner := atomicfile.Owner(info)
	for _, user := range users {
		if owner == user && info.Mode().Perm()&othersMayWrite == 0 {
			return nil
		}
	}
	const danger = "and so could send scripts to a server of their own and have tasks stopped"
	if info.Mode().Perm()&othersMayWrite != 0 {
		return fmt.Errorf("others can write to %s (mode %04o), %s: run chmod go-w on it, or set %s to a directory that only the executor uses",
			path, info.Mode().Perm(), danger, directoryKey)
	}
	return fmt.Errorf("uid %d can write to %s, %s: make uid %d, which gitlab-runner runs as, its owner, or set %s to a directory that only the executor uses",
		owner, path, danger, os.Geteuid(), directoryKey)
}

// trusted refuses a directory whose connection files another user could
// replace. One that is missing is not an error: it has no file either.
func trusted(directory string) error {
	info, err := os.Stat(directory)
	if err != nil {
		return nil
	}
	return checkWriters(directory, info, 0, os.Geteuid())
}
