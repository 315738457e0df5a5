// Command kubernetes is the second half of the demo: it starts a real Kubernetes API server, a local ECS and the
// controller, and runs the sample job through FargateJobs. The first half builds it and what it starts.
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
	var o options
	flag.StringVar(&o.programs, "programs", "", "`directory` with the manager, the executor and the local ECS")
	flag.StringVar(&o.kubectl, "kubectl", "kubectl", "`program` to show objects with")
	flag.BoolVar(&o.keep, "keep", false, "keep everything running after the job, until interrupted")
	flag.Parse()
	ctrl.SetLogger(logr.Discard())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}
