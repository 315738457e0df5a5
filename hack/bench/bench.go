package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// module is this repository's.
const module = "github.com/fargate-operator/fargate-operator"

// bench is what all figures work with.
type bench struct {
	// dir holds all files, which are gone afterwards.
	dir string
	// runs is how often each figure is taken; zero leaves that to the figure.
	runs int
	// managerLog takes what the manager writes.
	managerLog io.Writer
}

// build builds the programs as make build does, and the measure program.
func (b *bench) build(ctx context.Context) error {
	if err := os.Mkdir(b.programs(), 0o700); err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.programs()+string(filepath.Separator),
		module+"/cmd/...", module+"/hack/bench/measure")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building the programs: %w\n%s", err, out)
	}
	return nil
}

func (b *bench) programs() string           { return filepath.Join(b.dir, "programs") }
func (b *bench) program(name string) string { return filepath.Join(b.programs(), name) }
func (b *bench) runsOr(otherwise int) int   { return cmp.Or(b.runs, otherwise) }
func (b *bench) newDir() (string, error)    { return os.MkdirTemp(b.dir, "") }
