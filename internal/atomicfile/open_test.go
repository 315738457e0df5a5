package atomicfile_test

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/internal/atomicfile"
)

// irregular makes everything that is not a file, by what it is.
func irregular(t *testing.T) map[string]string {
	t.Helper()
	directory := t.TempDir()
	at := func(name string) string { return filepath.Join(directory, name) }
	if err := atomicfile.Create(at("file"), []byte("content")); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", at("socket"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	if err := errors.Join(
		unix.Mkfifo(at("pipe"), 0o600),
		os.Mkdir(at("directory"), 0o700),
		os.Symlink(at("file"), at("link")),
		os.Symlink(at("loop"), at("loop")),
		os.Symlink(at("pipe"), at("link to a pipe")),
		os.Symlink("/dev/zero", at("link to a device")),
	); err != nil {
		t.Fatal(err)
	}
	paths := map[string]string{"device": "/dev/zero"}
	for _, name := range []string{"socket", "pipe", "directory", "link", "loop", "link to a pipe", "link to a device"} {
		paths[name] = at(name)
	}
	return paths
}

func TestOpen_NotAFile_FailsAtOnce(t *testing.T) {
	for name, path := range irregular(t) {
		for _, flag := range []int{os.O_RDONLY, os.O_RDWR} {
			if _, err := atomicfile.Open(path, flag); !errors.Is(err, atomicfile.ErrIrregular) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: got %v, want ErrIrregular with the path", name, err)
			}
		}
	}
	if _, err := atomicfile.Open(filepath.Join(t.TempDir(), "missing"), os.O_RDWR); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: got %v, want fs.ErrNotExist", err)
	}
}

func TestOpen_WhatWasWritten_IsThisUsersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := atomicfile.Create(path, []byte("content")); err != nil {
		t.Fatal(err)
	}
	file, err := atomicfile.Open(path, os.O_RDONLY)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if data, err := io.ReadAll(file); err != nil || string(data) != "content" {
		t.Errorf("holds %q (%v)", data, err)
	}
	if err := atomicfile.CheckOwn(file); err != nil {
		t.Error(err)
	}
	for _, mode := range []os.FileMode{0o400, 0o604, 0o640, 0o700} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if err := atomicfile.CheckOwn(file); err == nil || !strings.Contains(err.Error(), "and not 0600") {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
}

func TestCheckOwn_FileOfAnotherUser_NamesBoth(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := errors.Join(atomicfile.Create(path, nil), os.Chown(path, 65534, 0)); err != nil {
		t.Fatal(err)
	}
	file, err := atomicfile.Open(path, os.O_RDONLY)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if err := atomicfile.CheckOwn(file); err == nil || err.Error() != "belongs to uid 65534 and not to uid 0" {
		t.Errorf("got %v", err)
	}
}
