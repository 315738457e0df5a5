// Command build builds the programs of other projects that its arguments name, in bin/, unless they are up to date:
// controlplane, kubectl and helm. Tests would build them themselves; building them first keeps minutes of compiling out
// of a test's time limit.
package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/fargate-operator/fargate-operator/internal/test/controlplane"
	"github.com/fargate-operator/fargate-operator/internal/test/helm"
)

var builds = map[string]func(context.Context) (string, error){
	"controlplane": controlplane.Build,
	"kubectl":      controlplane.BuildKubectl,
	"helm":         helm.Build,
}

func main() {
	if err := build(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func build(programs []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	for _, program := range programs {
		build, ok := builds[program]
		if !ok {
			return fmt.Errorf("building %q: it is not one of %s", program, strings.Join(slices.Sorted(maps.Keys(builds)), ", "))
		}
		if _, err := build(ctx); err != nil {
			return err
		}
	}
	return nil
}
