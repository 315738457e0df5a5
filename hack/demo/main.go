// Command demo shows Fargate Operator at work on this machine: it starts a real
// Kubernetes API server, a local ECS and the controller, and runs a CI job
// through the executor's stages exactly as gitlab-runner would.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

func main() {
	keep := flag.Bool("keep", false, "keep everything running after the job, until interrupted")
	flag.Parse()
	ctrl.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *keep)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}
