// Package devstack runs the whole of Fargate Operator on this machine: a real
// Kubernetes API server, a local ECS, the manager with its own service
// account's rights, and all that a platform team would have set up for a
// runner. The demo and the end-to-end tests are built on it.
package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/internal/test/controlplane"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// The names of what a stack consists of.
const (
	// Namespace holds the jobs, the class and the runner's service account.
	Namespace = "ci"
	// Cluster is the ECS cluster.
	Cluster = "test-cluster"
	// TaskDefinition is the family whose container has the built-in SSH server.
	TaskDefinition = "test-task"
	// LogGroup is where tests let containers log in CloudWatch Logs.
	LogGroup = "/ecs/ci"
	// Port is where the SSH servers listen: 22 would need root.
	Port = 2222
	// Region and Account of the local ECS.
	Region  = "us-east-1"
	Account = "123456789012"

	// operator is the namespace and the service account that config/rbac gives
	// the manager.
	operator = "fargate-operator"
)

// Options say how a stack is set up.
type Options struct {
	// Programs is the directory with the binaries of BuildPrograms.
	Programs string
	// Delays are how long tasks stay in each state.
	Delays localecs.Delays
	// Images are further images of the local ECS.
	Images map[string][]string
	// Throttle makes the local ECS refuse what AWS would.
	Throttle bool
	// AuditLog is a file for the API server's audit log. Empty means none.
	AuditLog string
	// Bare leaves it to the caller to install what the manager and the runner
	// need, and to start the manager.
	Bare bool
	// Log takes what the manager writes.
	Log io.Writer
	// Progress is called with what happens next. It may be nil.
	Progress func(string)
}

// Stack is a running stack.
type Stack struct {
	// Client has an administrator's rights.
	Client client.Client
	// Kubeconfig is an administrator's.
	Kubeconfig string
	// Config is the fargate.toml of a runner with its own service account's
	// rights.
	Config string
	// MetricsURL is where the manager serves its metrics.
	MetricsURL string
	// HealthURL is where the manager says that it is alive.
	HealthURL string
	// AWS is the local ECS.
	AWS *localecs.Server
	// Manager is how StartManager starts the manager.
	Manager Manager

	options Options
	dir     string
	plane   *controlplane.ControlPlane
	manager *process
	undo    []func() error

	runnerKubeconfig string
}

type step struct {
	what string
	do   func(context.Context) error
}

// Start brings a stack up. The context bounds the start; Stop ends the stack.
func Start(ctx context.Context, options Options) (*Stack, error) {
	dir, err := os.MkdirTemp("", "devstack-")
	if err != nil {
		return nil, fmt.Errorf("making the stack's directory: %w", err)
	}
	s := &Stack{options: options, dir: dir, Manager: Manager{Namespace: operator, ServiceAccount: operator}}
	s.onStop(func() error { return os.RemoveAll(dir) })
	steps := []step{
		{"Starting a Kubernetes API server with etcd", s.startControlPlane},
		{"Starting a local ECS", s.startECS},
	}
	if !options.Bare {
		steps = append(steps,
			step{"Installing the CRDs, the roles and a FargateTaskClass", s.install},
			step{"Starting the controller", s.StartManager})
	}
	for _, step := range steps {
		if options.Progress != nil {
			options.Progress(step.what)
		}
		if err := step.do(ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", step.what, err), s.Stop())
		}
	}
	return s, nil
}

// Stop ends everything and returns once no process is left.
func (s *Stack) Stop() error {
	var err error
	for len(s.undo) > 0 {
		last := s.undo[len(s.undo)-1]
		s.undo = s.undo[:len(s.undo)-1]
		err = errors.Join(err, last())
	}
	return err
}

func (s *Stack) onStop(undo func() error) { s.undo = append(s.undo, undo) }

// Executor is the executor stage binary.
func (s *Stack) Executor() string { return filepath.Join(s.options.Programs, "fargate") }

func (s *Stack) startControlPlane(ctx context.Context) error {
	plane, err := controlplane.Start(ctx, controlplane.Options{AuditLog: s.options.AuditLog})
	if err != nil {
		return err
	}
	s.onStop(plane.Stop)
	s.plane, s.Kubeconfig = plane, plane.Kubeconfig()
	s.Client, err = NewClient(plane.Config())
	return err
}
