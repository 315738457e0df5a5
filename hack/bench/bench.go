package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/fargate-operator/fargate-operator/internal/test/gobuild"
)

// bench has what all figures need.
type bench struct {
	// dir holds all files, and is removed afterward.
	dir string
	// runs is how often each figure is taken; zero leaves that to the figure.
	runs int
	// managerLog receives what the manager writes.
	managerLog io.Writer
}

// build builds the programs as make build does, and the measure program.
func (b *bench) build(ctx context.Context) error {
	if err := os.Mkdir(b.programs(), 0o700); err != nil {
		return err
	}
	root, err := gobuild.RepositoryRoot()
	if err != nil {
		return err
	}
	// Each from its own module, so that what is measured has the versions that are shipped.
	return errors.Join(b.buildIn(ctx, root, "./cmd/..."), b.buildIn(ctx, filepath.Join(root, "hack"), "./bench/measure"))
}

// buildIn builds programs of the module in a directory.
func (b *bench) buildIn(ctx context.Context, module, packages string) error {
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.programs()+string(filepath.Separator), packages)
	build.Dir = module
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s in %s: %w\n%s", packages, module, err, out)
	}
	return nil
}

func (b *bench) programs() string           { return filepath.Join(b.dir, "programs") }
func (b *bench) program(name string) string { return filepath.Join(b.programs(), name) }
func (b *bench) runsOr(otherwise int) int   { return cmp.Or(b.runs, otherwise) }
func (b *bench) newDir() (string, error)    { return os.MkdirTemp(b.dir, "") }
