// Command demo shows Fargate Operator at work on this machine: a CI job without Kubernetes, while Kubernetes is compiled,
// and then the same job through FargateJobs. It starts the executor exactly as gitlab-runner would.
//
// It imports nothing that takes long to compile, because its first job waits for that: the second half is the program in
// the directory kubernetes.
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

	"github.com/fargate-operator/fargate-operator/hack/demo/sample"
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
	sample.Say("Building the executor and a local ECS (about a minute the first time)")
	if err := b.first(ctx); err != nil {
		return err
	}
	sample.Say("First without Kubernetes, which is compiled in the background meanwhile")
	rest := startInBackground(ctx, b.rest)
	defer rest.stop()
	if err := runStandalone(ctx, dir); err != nil {
		return err
	}
	sample.Say("The same through FargateJobs")
	if !rest.finished() {
		sample.Say("Waiting for the compiler: Kubernetes takes it about ten minutes on two cores the first time")
	}
	if err := rest.wait(); err != nil {
		return err
	}
	return runKubernetes(ctx, dir, b.kubectl(), keep)
}

// runKubernetes runs the demo's second half, which handles signals itself.
func runKubernetes(ctx context.Context, dir, kubectl string, keep bool) error {
	second := exec.CommandContext(ctx, filepath.Join(dir, "kubernetes"), "-programs", dir, "-kubectl", kubectl, fmt.Sprintf("-keep=%t", keep))
	second.Stdout, second.Stderr = os.Stdout, os.Stderr
	second.Cancel = func() error {
		_ = second.Process.Signal(syscall.SIGTERM) // It may be gone already.
		return os.ErrProcessDone                   // What it makes of the signal counts: to end well is no failure.
	}
	return second.Run()
}
