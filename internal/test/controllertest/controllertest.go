// Package controllertest gives each test of a controller its own world: a
// namespace in a real API server, a local ECS, and a manager that runs the
// controller there.
package controllertest

import (
	"context"
	"fmt"
	"testing"

	"github.com/go-logr/logr/testr"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/controlplane/controlplanetest"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

// World is a namespace with a local ECS.
type World struct {
	client.Client
	AWS       *localecstest.Env
	Namespace string

	env *controlplanetest.Env
}

// New returns a world that ends with the test. Tests with worlds must not run in
// parallel: the process' environment points at the local ECS.
func New(t *testing.T, env *controlplanetest.Env, aws localecs.Config) *World {
	t.Helper()
	c, err := client.New(env.Config(), client.Options{Scheme: newScheme(t)})
	if err != nil {
		t.Fatal(err)
	}
	return &World{Client: c, AWS: localecstest.Start(t, aws), Namespace: env.NewNamespace(t), env: env}
}

func newScheme(t *testing.T) *runtime.Scheme {
	t.Helper()
	scheme := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(clientgoscheme.AddToScheme, v1alpha1.AddToScheme)
	if err := builder.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return scheme
}

// StartManager runs a manager for the namespace, with what add adds to it, and
// returns a function that stops it. It also stops with the test.
func (w *World) StartManager(t *testing.T, add func(ctrl.Manager) error) (stop func()) {
	t.Helper()
	mgr, err := ctrl.NewManager(w.env.Config(), ctrl.Options{
		Scheme:     newScheme(t),
		Logger:     testr.New(t),
		Cache:      cache.Options{DefaultNamespaces: map[string]cache.Config{w.Namespace: {}}},
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Controller: config.Controller{SkipNameValidation: ptr.To(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := add(mgr); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the manager ended: %v", err)
		}
	}
	t.Cleanup(stop)
	return stop
}

// Events returns the events about an object.
func (w *World) Events(ctx context.Context, t *testing.T, object client.Object) []eventsv1.Event {
	t.Helper()
	var list eventsv1.EventList
	if err := w.List(ctx, &list, client.InNamespace(w.Namespace)); err != nil {
		t.Fatal(err)
	}
	var events []eventsv1.Event
	for i := range list.Items {
		if list.Items[i].Regarding.UID == object.GetUID() {
			events = append(events, list.Items[i])
		}
	}
	return events
}

// AwaitEvent waits for an event about an object and returns it.
func (w *World) AwaitEvent(t *testing.T, object client.Object, kind, reason string) *eventsv1.Event {
	t.Helper()
	var found *eventsv1.Event
	var events []eventsv1.Event
	Eventually(t, "event "+reason, func(ctx context.Context) bool {
		events = w.Events(ctx, t, object)
		for i := range events {
			if events[i].Type == kind && events[i].Reason == reason {
				found = &events[i]
			}
		}
		return found != nil
	}, func() any { return events })
	return found
}

// Eventually waits until something holds, and ends the test with the state if it
// does not.
func Eventually(t *testing.T, what string, holds func(context.Context) bool, state func() any) {
	t.Helper()
	eventually.Shows(t, what, func() (bool, string) {
		if holds(t.Context()) {
			return true, ""
		}
		return false, fmt.Sprintf("%+v", state())
	})
}
