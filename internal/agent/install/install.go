// Package install puts the agent where the other containers of a task find it.
package install

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// The directories in the shared one.
const (
	binDir = "bin"
	runDir = "run"
)

// name is the agent's in binDir.
const name = "agent"

// Socket is where the gateway listens, in a shared directory.
func Socket(dir string) string { return filepath.Join(dir, runDir, "gateway.sock") }

// Into copies this program to DIR/bin/agent, in one step, and makes DIR/run, where
// the gateway will listen. All users can read and run what is there, and none but
// this one can write.
func Into(dir string) error {
	for _, path := range []string{dir, filepath.Join(dir, binDir), filepath.Join(dir, runDir)} {
		if err := makeDir(path); err != nil {
			return fmt.Errorf("installing the agent: %w: mount a volume at %s that this container may write to", err, dir)
		}
	}
	if err := copySelf(filepath.Join(dir, binDir)); err != nil {
		return fmt.Errorf("installing the agent: %w: does the volume at %s have %d MiB left?", err, dir, spaceNeeded)
	}
	return nil
}

// spaceNeeded is more than the agent's size, in MiB.
const spaceNeeded = 16

// makeDir makes a directory that all users may read, whatever the umask is.
func makeDir(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil { //nolint:gosec // other containers' users read it
		return err
	}
	return os.Chmod(path, 0o755) //nolint:gosec // see above
}

func copySelf(dir string) error {
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		return fmt.Errorf("opening this program's own file: %w", err)
	}
	defer func() { _ = self.Close() }()
	draft, err := os.CreateTemp(dir, "."+name+"-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }()
	_, err = io.Copy(draft, self)
	err = errors.Join(err, draft.Chmod(0o755), draft.Close())
	if err != nil {
		return err
	}
	return os.Rename(draft.Name(), filepath.Join(dir, name))
}
