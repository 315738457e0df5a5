// Package ociimage makes small container images for tests, from directories and from
// Debian's busybox-static.
package ociimage

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Busybox returns an image with busybox, a link to it for each of its commands in
// /bin, and the users root (0) and nobody (65534) in /etc. It has neither entry
// point nor command. It fails if busybox-static is not installed.
func Busybox() (v1.Image, error) {
	program, err := staticBusybox()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "busybox-")
	if err != nil {
		return nil, fmt.Errorf("making a directory for the image: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := writeBusybox(dir, program); err != nil {
		return nil, fmt.Errorf("making an image of %s: %w", program, err)
	}
	return Append(empty.Image, dir, v1.Config{})
}

// staticBusybox finds the program that needs no library.
func staticBusybox() (path string, err error) {
	if path, err = exec.LookPath("busybox"); err != nil {
		return "", fmt.Errorf("%w: install the Debian package busybox-static", err)
	}
	file, err := elf.Open(path)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", path, err)
	}
	defer file.Close()
	if slices.ContainsFunc(file.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return "", fmt.Errorf("%s needs libraries: install the Debian package busybox-static instead of busybox", path)
	}
	return path, nil
}

func writeBusybox(dir, program string) error {
	names, err := exec.Command(program, "--list").Output()
	if err != nil {
		return fmt.Errorf("listing its commands: %w", err)
	}
	content, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	files := map[string]string{ //nolint:gosec // These users have no passwords.
		"bin/busybox": string(content),
		"etc/passwd":  "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/sh\n",
		"etc/group":   "root:x:0:\nnogroup:x:65534:\nstaff:x:50:nobody\n",
	}
	for name, text := range files {
		if err := write(filepath.Join(dir, name), text); err != nil {
			return err
		}
	}
	for name := range strings.Lines(string(names)) {
		link := filepath.Join(dir, "bin", strings.TrimSpace(name))
		if err := os.Symlink("busybox", link); err != nil && !errors.Is(err, os.ErrExist) {
			return err
		}
	}
	tmp := filepath.Join(dir, "tmp")
	if err := os.Mkdir(tmp, 0o700); err != nil {
		return err
	}
	return os.Chmod(tmp, os.ModeSticky|0o777) // whatever the umask
}

// write writes a file that any user in a container may run, whatever this process'
// umask.
func write(path, content string) error {
	const mode = 0o755
	dir := filepath.Dir(path)
	return errors.Join(os.MkdirAll(dir, mode), os.Chmod(dir, mode), os.WriteFile(path, []byte(content), mode), os.Chmod(path, mode))
}

// Append returns the image with one more layer, a directory's content, and with
// another configuration. Files keep their owners and modes. The directory is no
// longer needed afterwards.
func Append(base v1.Image, dir string, config v1.Config) (v1.Image, error) {
	content, err := pack(dir)
	if err != nil {
		return nil, fmt.Errorf("packing %s: %w", dir, err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	})
	if err != nil {
		return nil, fmt.Errorf("making a layer of %s: %w", dir, err)
	}
	image, err := mutate.AppendLayers(base, layer)
	if err != nil {
		return nil, fmt.Errorf("adding a layer of %s: %w", dir, err)
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the image's configuration: %w", err)
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Config = "linux", runtime.GOARCH, config
	return mutate.ConfigFile(image, file)
}

// pack makes a tar archive of a directory's content.
func pack(dir string) ([]byte, error) {
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	if err := writer.AddFS(os.DirFS(dir)); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return archive.Bytes(), nil
}
