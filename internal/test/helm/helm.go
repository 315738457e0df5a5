// Package helm builds and runs the real Helm for the tests and for releases.
package helm

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/test/gobuild"
)

// Build returns the path of Helm's binary, bin/helm in the repository, and builds it first if it is missing or older
// than its pinned version in hack/helm. The working directory must be inside the repository.
func Build(ctx context.Context) (binary string, err error) {
	return gobuild.Build(ctx, gobuild.Program{Name: "helm", Module: "helm", Package: "helm.sh/helm/v4/cmd/helm"})
}

// Run builds Helm if needed (see Build), runs it with the arguments and returns what it prints. If Helm fails, the error
// has its standard error. The environment (KUBECONFIG, HELM_NAMESPACE and so on) is the caller's.
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

// Package packages the chart in a directory, as a release does, and returns the path of the archive, which it writes into
// another directory.
func Package(ctx context.Context, chart, destination string) (archive string, err error) {
	if _, err := Run(ctx, "package", chart, "--destination", destination); err != nil {
		return "", err
	}
	// Helm's output is for people. A chart's name has no digit after a hyphen: that begins the version.
	found, err := filepath.Glob(filepath.Join(destination, filepath.Base(chart)+"-[0-9]*.tgz"))
	if err != nil {
		return "", err
	}
	if len(found) != 1 {
		return "", fmt.Errorf("want one package of chart %s in %s, there are %d", chart, destination, len(found))
	}
	return found[0], nil
}
