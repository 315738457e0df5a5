// Command build makes the programs that the tests and the demo start, bin/controlplane and bin/kubectl, unless they are
// up to date. Both would build them themselves; doing it before keeps minutes of compiling out of a test's time limit.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/fargate-operator/fargate-operator/internal/controlplane"
)

func main() {
	if err := build(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func build() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if _, err := controlplane.Build(ctx); err != nil {
		return err
	}
	_, err := controlplane.BuildKubectl(ctx)
	return err
}
