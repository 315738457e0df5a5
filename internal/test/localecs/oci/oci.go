// Package oci runs containers from OCI images with runc, as Fargate does: those of
// one task share a network namespace that this machine can reach, and nothing else
// but what is mounted into them.
//
// A task's namespaces belong to a process that ends with this one, whatever ends
// it: the kernel then removes the network interface, the mounts and the
// containers. Directories alone can stay; the next Open removes them. No cgroup is
// used, so that it works where those are missing or read-only.
//
// It needs root, and the programs runc, ip, unshare, nsenter, mount and tar. Linux
// only.
package oci

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sync/singleflight"
)

// dirPrefix precedes the id of the process that owns a directory.
const dirPrefix = "localecs-containers-"

// Runtime runs containers. Its methods may be called concurrently.
type Runtime struct {
	// dir holds everything: layers in layers, sandboxes in sandboxes.
	dir     string
	layers  string
	pulling singleflight.Group
}

// Open removes what processes that are gone have left, and prepares a Runtime,
// which the caller must Close. Check says whether containers can run.
func Open() (*Runtime, error) {
	sweep(os.TempDir())
	dir, err := os.MkdirTemp("", dirPrefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return nil, fmt.Errorf("making the directory of the containers: %w", err)
	}
	r := &Runtime{dir: dir, layers: filepath.Join(dir, "layers")}
	if err := makeReadable(filepath.Join(r.layers, emptyLayer)); err != nil {
		return nil, errors.Join(fmt.Errorf("making the directory of the images' layers: %w", err), os.RemoveAll(dir))
	}
	return r, nil
}

// Close removes all files. The sandboxes must be closed.
func (r *Runtime) Close() error {
	if err := os.RemoveAll(r.dir); err != nil {
		return fmt.Errorf("removing the directory of the containers: %w", err)
	}
	return nil
}

// sweep removes the directories of processes that are gone. What cannot be removed,
// since a container is just being killed for example, stays until the next time.
func sweep(parent string) {
	entries, _ := os.ReadDir(parent)
	for _, entry := range entries {
		if owner, ok := ownerOf(entry); ok && errors.Is(syscall.Kill(owner, 0), syscall.ESRCH) {
			_ = os.RemoveAll(filepath.Join(parent, entry.Name()))
		}
	}
}

// makeReadable makes a directory that any user in a container may enter, whatever
// this process' umask.
func makeReadable(path string) error {
	const mode = 0o755
	if err := os.MkdirAll(path, mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// ownerOf reads the id of the process that made a directory from its name.
func ownerOf(entry fs.DirEntry) (pid int, ok bool) {
	rest, ours := strings.CutPrefix(entry.Name(), dirPrefix)
	digits, _, _ := strings.Cut(rest, "-")
	pid, err := strconv.Atoi(digits)
	return pid, ours && err == nil && pid > 0 && entry.IsDir()
}
