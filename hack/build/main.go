// Command build makes the programs that the tests and the demo start, bin/controlplane, bin/kubectl and bin/helm, unless
// they are up to date. Those would build them themselves; doing it before keeps minutes of compiling out of a test's time
// limit.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/fargate-operator/fargate-operator/internal/test/controlplane"
	"github.com/fargate-operator/fargate-operator/internal/test/helm"
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
	for _, program := range []func(context.Context) (string, error){
		controlplane.Build, controlplane.BuildKubectl, helm.Build,
	} {
		if _, err := program(ctx); err != nil {
			return err
		}
	}
	return nil
}
