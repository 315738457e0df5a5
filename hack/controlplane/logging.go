package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// prepareDir creates the state directory and sends this process's output to controlplane.log in it, including that of
// libraries that write to the file descriptors themselves and of a crash. It returns the terminal's stderr, for the one
// line that says why the process could not run.
func prepareDir(dir string) (terminal io.Writer, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return os.Stderr, fmt.Errorf("creating the state directory: %w", err)
	}
	log, err := os.OpenFile(filepath.Join(dir, "controlplane.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return os.Stderr, fmt.Errorf("opening the log: %w", err)
	}
	defer log.Close()

	kept, err := unix.FcntlInt(os.Stderr.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return os.Stderr, fmt.Errorf("keeping the terminal's stderr: %w", err)
	}
	terminal = os.NewFile(uintptr(kept), "terminal")
	for _, std := range []*os.File{os.Stdout, os.Stderr} {
		if err := unix.Dup3(int(log.Fd()), int(std.Fd()), 0); err != nil {
			return terminal, fmt.Errorf("sending output to the log: %w", err)
		}
	}
	return terminal, nil
}
