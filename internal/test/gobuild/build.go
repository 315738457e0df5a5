// Package gobuild builds programs of other projects (Kubernetes, Helm) for the tests and the demo: from their Go
// modules, at the versions that a go.mod file under hack/ pins, into bin/.
package gobuild

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Program is one that can be built.
type Program struct {
	// Name is the binary's name in bin/.
	Name string
	// Module is the directory under hack/ whose go.mod pins the program's version.
	Module string
	// Package is what is built: an import path, or a path relative to the module's directory.
	Package string
	// LinkerFlags returns flags besides those that strip the binary. It is called with the module's directory, and only
	// if there is something to build. Nil is none.
	LinkerFlags func(ctx context.Context, dir string) (string, error)
}

// Build returns the path of the program's binary, and builds it first if it is missing or older than its module. Callers
// that find another one building wait for it. The working directory must be inside the repository.
func Build(ctx context.Context, p Program) (binary string, err error) {
	binary, err = p.build(ctx)
	if err != nil {
		return "", fmt.Errorf("building %s: %w", p.Name, err)
	}
	return binary, nil
}

func (p Program) build(ctx context.Context) (string, error) {
	root, err := RepositoryRoot()
	if err != nil {
		return "", err
	}
	source, bin := filepath.Join(root, "hack", p.Module), filepath.Join(root, "bin")
	if err := os.MkdirAll(bin, 0o750); err != nil {
		return "", err
	}
	unlock, err := lockFile(ctx, filepath.Join(bin, "."+p.Name+".lock"))
	if err != nil {
		return "", fmt.Errorf("waiting for another build: %w", err)
	}
	defer unlock()

	binary, stampFile := filepath.Join(bin, p.Name), filepath.Join(bin, "."+p.Name+".sum")
	stamp, err := sourceSum(source)
	if err != nil {
		return "", err
	}
	if upToDate(binary, stampFile, stamp) {
		return binary, nil
	}
	if err := p.compile(ctx, source, binary); err != nil {
		return "", err
	}
	return binary, os.WriteFile(stampFile, []byte(stamp), 0o600)
}

func (p Program) compile(ctx context.Context, dir, binary string) error {
	fmt.Fprintf(os.Stderr, "building bin/%s from its Go modules: several minutes the first time\n", p.Name)
	flags := "-s -w"
	if p.LinkerFlags != nil {
		more, err := p.LinkerFlags(ctx, dir)
		if err != nil {
			return err
		}
		flags += " " + more
	}
	_, err := goCommand(ctx, dir, "build", "-ldflags="+flags, "-o", binary, p.Package)
	return err
}

// ModuleVersion returns the version, like v1.37.2, at which the go.mod in a directory pins another module.
func ModuleVersion(ctx context.Context, dir, module string) (string, error) {
	version, err := goCommand(ctx, dir, "list", "-m", "-f", "{{.Version}}", module)
	return strings.TrimSpace(version), err
}

// goCommand runs the go command in a directory and returns what it prints.
func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	var stderr strings.Builder
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s in %s: %w\n%s", args[0], dir, err, stderr.String())
	}
	return string(stdout), nil
}

// RepositoryRoot returns the directory at or above the working directory that has the modules of hack/.
func RepositoryRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "hack", "controlplane", "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no hack/controlplane at or above %s: run it inside the repository", start)
		}
	}
}
