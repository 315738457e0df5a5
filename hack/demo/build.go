package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// killDelay is how long compilers that do not end may hold their output.
const killDelay = 5 * time.Second

// quickly leaves libraries unoptimized: to compile them is most of what the first job waits for, AWS's client for EC2 alone
// two fifths. The manager is compiled with it too, to find them in Go's cache.
const quickly = "-gcflags=github.com/...=-N -l -dwarf=0"

// builder compiles what the demo starts.
type builder struct {
	root string // the repository's
	dir  string // for this project's programs
}

// first builds what the job without Kubernetes needs.
func (b *builder) first(ctx context.Context) error {
	if err := b.run(ctx, b.root, "go", "build", quickly, "-o", b.programs(), "./cmd/fargate", "./cmd/localecs"); err != nil {
		return err
	}
	return b.run(ctx, filepath.Join(b.root, "hack"), "go", "build", quickly, "-o", b.programs(), "./demo/standalone")
}

// rest builds what the job with Kubernetes needs. A lower priority leaves the processors to the job that runs meanwhile.
func (b *builder) rest(ctx context.Context) error {
	hack := filepath.Join(b.root, "hack")
	if err := b.run(ctx, b.root, "nice", "go", "build", quickly, "-o", b.programs(), "./cmd/manager"); err != nil {
		return err
	}
	if err := b.run(ctx, hack, "nice", "go", "build", quickly, "-o", b.programs(), "./demo/kubernetes"); err != nil {
		return err
	}
	kubernetes := []string{"nice", "go", "run", "./build", "controlplane"}
	if !hasKubectl() {
		kubernetes = append(kubernetes, "kubectl")
	}
	return b.run(ctx, hack, kubernetes...)
}

func (b *builder) programs() string { return b.dir + string(filepath.Separator) }

// kubectl is the one on PATH, or the one that rest builds.
func (b *builder) kubectl() string {
	if hasKubectl() {
		return "kubectl"
	}
	return filepath.Join(b.root, "bin", "kubectl")
}

func hasKubectl() bool {
	_, err := exec.LookPath("kubectl")
	return err == nil
}

// run runs a command in a process group of its own, so that the compilers end with it.
func (b *builder) run(ctx context.Context, dir string, command ...string) error {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = killDelay
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("running %s in %s: %w\n%s", strings.Join(command, " "), dir, err, out.Bytes())
	}
	return nil
}
