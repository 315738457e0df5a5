// Command demo shows Fargate Operator at work on this machine: a CI job without Kubernetes, while Kubernetes is compiled,
// and then the same job through FargateJobs. It starts the executor exactly as gitlab-runner would.
//
// It imports next to nothing, because the first job waits for what has to be compiled: each half is a program of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/fargate-operator/fargate-operator/hack/demo/show"
	"github.com/fargate-operator/fargate-operator/internal/test/gobuild"
)

func main() {
	keep := flag.Bool("keep", false, "keep everything running after the last job, until interrupted")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *keep)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, keep bool) (err error) {
	root, err := gobuild.RepositoryRoot()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "fargate-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b := &builder{root: root, dir: dir}
	show.Step("Building the executor and a local ECS (one to two minutes the first time)")
	if err := b.first(ctx); err != nil {
		return err
	}
	show.Step("First without Kubernetes, which is compiled in the background meanwhile")
	rest := startInBackground(ctx, b.rest)
	defer rest.stop()
	if err := runHalf(ctx, filepath.Join(dir, "standalone"), "-programs", dir); err != nil {
		return err
	}
	show.Step("The same through FargateJobs")
	if !rest.finished() {
		show.Step("Waiting for the compiler: Kubernetes takes it about ten minutes on two cores the first time")
	}
	if err := rest.wait(); err != nil {
		return err
	}
	return runHalf(ctx, filepath.Join(dir, "kubernetes"), "-programs", dir, "-kubectl", b.kubectl(), fmt.Sprintf("-keep=%t", keep))
}

// runHalf runs a half of the demo, which handles signals itself.
func runHalf(ctx context.Context, program string, args ...string) error {
	half := exec.CommandContext(ctx, program, args...)
	half.Stdout, half.Stderr = os.Stdout, os.Stderr
	half.Cancel = func() error {
		_ = half.Process.Signal(syscall.SIGTERM) // It may be gone already.
		return os.ErrProcessDone                 // What it makes of the signal counts: to end well is no failure.
	}
	return half.Run()
}
