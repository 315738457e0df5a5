package executor

import (
	"path/filepath"
	"syscall"
	"testing"
)

// fifo makes a pipe on which a script waits until release.
func fifo(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Error(err)
	}
	return path
}

func release(t *testing.T, dir string) {
	t.Helper()
	write(t, filepath.Join(dir, "fifo"), "go on\n")
}
