package controlplane

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/fargate-operator/fargate-operator/internal/test/gobuild"
)

// crdTimeout bounds the wait for the new resources where the caller's context has no deadline.
const crdTimeout = 30 * time.Second

// CRDDir returns the directory of the generated custom resource definitions, config/crd in the repository. The working
// directory must be inside the repository.
func CRDDir() (string, error) {
	root, err := gobuild.RepositoryRoot()
	return filepath.Join(root, "config", "crd"), err
}

// InstallCRDs creates or updates the custom resource definitions in a directory's YAML files and waits until the API
// server serves them.
func InstallCRDs(ctx context.Context, config *rest.Config, dir string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	wait := crdTimeout
	if deadline, ok := ctx.Deadline(); ok {
		wait = time.Until(deadline)
	}
	_, err := envtest.InstallCRDs(config, envtest.CRDInstallOptions{
		Paths:              []string{dir},
		ErrorIfPathMissing: true,
		MaxTime:            wait,
		PollInterval:       20 * time.Millisecond,
	})
	if err != nil {
		return fmt.Errorf("installing the custom resource definitions of %s: %w", dir, err)
	}
	return nil
}
