package oci

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// emptyLayer lies below all others: overlayfs wants at least one.
const emptyLayer = "empty"

// layerNameLength keeps the names of many layers within the 4096 bytes that a
// mount's options have.
const layerNameLength = 16

// Marks of a layer for what it removes from those below. Source: the OCI image
// specification, "Whiteouts".
const (
	whiteout = ".wh."
	opaque   = ".wh..wh..opq"
)

// unpack unpacks a layer for overlayfs.
func unpack(ctx context.Context, dir string, content io.Reader) error {
	path, err := program("tar")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	tar := exec.CommandContext(ctx, path, "--extract", "--directory", dir, "--numeric-owner", "--same-owner",
		"--preserve-permissions", "--delay-directory-restore", "--xattrs", "--xattrs-include=*")
	tar.Stdin = content
	if output, err := tar.CombinedOutput(); err != nil {
		return fmt.Errorf("unpacking a layer: %w: %s", err, output)
	}
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasPrefix(entry.Name(), whiteout) {
			return err
		}
		return markRemoved(path)
	})
}

// markRemoved replaces a layer's mark with overlayfs' own.
func markRemoved(mark string) error {
	if err := os.Remove(mark); err != nil {
		return err
	}
	dir, name := filepath.Split(mark)
	if name == opaque {
		return unix.Setxattr(dir, "trusted.overlay.opaque", []byte("y"), 0)
	}
	return unix.Mknod(filepath.Join(dir, strings.TrimPrefix(name, whiteout)), unix.S_IFCHR, 0)
}
