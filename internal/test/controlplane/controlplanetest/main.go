// Package controlplanetest gives the tests of a package one real Kubernetes API server:
//
//	var env *controlplanetest.Env
//
//	func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m, &env)) }
//
// The project's custom resource definitions are installed. Tests separate themselves by namespace.
package controlplanetest

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/fargate-operator/fargate-operator/internal/test/controlplane"
)

// startTimeout includes the first build of the control plane, which takes minutes on a small machine.
const startTimeout = 25 * time.Minute

// Env is the control plane that a package's tests share.
type Env struct {
	plane  *controlplane.ControlPlane
	client kubernetes.Interface
}

// Main starts a control plane, sets *env, runs the tests, stops the control plane, and returns the code to exit with.
func Main(m *testing.M, env **Env) int {
	started, err := start()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	*env = started
	code := m.Run()
	if err := started.plane.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

func start() (*Env, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	plane, err := controlplane.Start(ctx, controlplane.Options{})
	if err != nil {
		return nil, err
	}
	env, err := prepare(ctx, plane)
	if err != nil {
		_ = plane.Stop() // The first error says what is wrong.
		return nil, err
	}
	return env, nil
}

func prepare(ctx context.Context, plane *controlplane.ControlPlane) (*Env, error) {
	crds, err := controlplane.CRDDir()
	if err != nil {
		return nil, err
	}
	if err := controlplane.InstallCRDs(ctx, plane.Config(), crds); err != nil {
		return nil, err
	}
	client, err := kubernetes.NewForConfig(plane.Config())
	if err != nil {
		return nil, fmt.Errorf("creating a client: %w", err)
	}
	return &Env{plane: plane, client: client}, nil
}

// Config returns a new client configuration of the cluster's administrator.
func (e *Env) Config() *rest.Config { return e.plane.Config() }

// Kubeconfig returns the path of the administrator's kubeconfig.
func (e *Env) Kubeconfig() string { return e.plane.Kubeconfig() }
