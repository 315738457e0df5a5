// Package helm builds and runs the real Helm for the tests and for releases.
package helm

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/gobuild"
)

// Build returns the path of Helm's binary, bin/helm in the repository, and builds it first if it is missing or older
// than its pinned version in hack/helm. The working directory must be inside the repository.
func Build(ctx context.Context) (binary string, err error) {
	return gobuild.Build(ctx, gobuild.Program{Name: "helm", Module: "helm", Package: "helm.sh/helm/v4/cmd/helm"})
}

// Run builds Helm if needed (see Build), runs it with the arguments and returns what it prints. If it fails, the error
// has what it said. The environment (KUBECONFIG, HELM_NAMESPACE and the rest) is the caller's own.
func Run(ctx context.Context, args ...string) (stdout string, err error) {
	binary, err := Build(ctx)
	if err != nil {
		return "", err
	}
	out, err := exec.CommandContext(ctx, binary, args...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return "", fmt.Errorf("helm %s: %w", strings.Join(args, " "), err)
	}
	return string(out), nil
}
