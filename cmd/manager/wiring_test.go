package main

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/fargate-operator/fargate-operator/controllers/orphans"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/handoff"
)

// recorded is a manager that records what is added to it. It does not talk to
// an API server.
type recorded struct {
	ctrl.Manager
	runnables []manager.Runnable
	probes    []string
}

func (r *recorded) Add(runnable manager.Runnable) error {
	r.runnables = append(r.runnables, runnable)
	return r.Manager.Add(runnable)
}

func (r *recorded) AddHealthzCheck(name string, check healthz.Checker) error {
	r.probes = append(r.probes, "alive: "+name)
	return r.Manager.AddHealthzCheck(name, check)
}

func (r *recorded) AddReadyzCheck(name string, check healthz.Checker) error {
	r.probes = append(r.probes, "ready: "+name)
	return r.Manager.AddReadyzCheck(name, check)
}

// names are what people call the runnables, controllers by their own names.
func (r *recorded) names(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, runnable := range r.runnables {
		switch runnable := runnable.(type) {
		case *ecs.Observers:
			names = append(names, "observers")
		case *orphans.Collector:
			names = append(names, "orphan collector")
		case webhook.Server:
			names = append(names, "webhook server")
		case *handoff.Reconciler:
			names = append(names, "free workers")
		case *start:
			names = append(names, "start")
		default:
			name := reflect.Indirect(reflect.ValueOf(runnable)).FieldByName("Name")
			if !name.IsValid() {
				t.Fatalf("%T is neither a controller nor anything else that this test knows", runnable)
			}
			names = append(names, "controller "+name.String())
		}
	}
	slices.Sort(names)
	return names
}

// wired returns a manager to which everything has been added.
func wired(t *testing.T, w *wiring) *recorded {
	t.Helper()
	options, err := w.options.manager(logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	options.Controller.SkipNameValidation = ptr.To(true) // Each test has its own controllers.
	mgr, err := ctrl.NewManager(&rest.Config{Host: "https://api.invalid"}, options)
	if err != nil {
		t.Fatal(err)
	}
	r := &recorded{Manager: mgr}
	if err := w.addTo(r); err != nil {
		t.Fatal(err)
	}
	if err := w.addControllers(r); err != nil {
		t.Fatal(err)
	}
	return r
}

// nowhere serves neither metrics nor probes.
func nowhere() *options { return &options{metricsAddress: "0", probeAddress: "0"} }

func TestWiring_EverythingIsStarted(t *testing.T) {
	always := []string{"controller fargatejob", "controller fargatetaskclass", "free workers", "free workers", "observers", "orphan collector", "start"}
	for name, test := range map[string]struct {
		certDir           string
		runnables, probes []string
	}{
		"without a certificate": {"", always, []string{"alive: ping", "ready: api-server", "ready: cache"}},
		"with a certificate":    {"/cert", append(always, "webhook server"), []string{"alive: ping", "ready: api-server", "ready: cache", "ready: webhook"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := nowhere()
			o.webhookCertDir = test.certDir
			mgr := wired(t, &wiring{options: o, clients: &ecs.Clients{}, log: logr.Discard()})
			if diff := cmp.Diff(test.runnables, mgr.names(t)); diff != "" {
				t.Errorf("what the manager runs differs (-want +got):\n%s", diff)
			}
			slices.Sort(mgr.probes)
			if diff := cmp.Diff(test.probes, mgr.probes); diff != "" {
				t.Errorf("probes differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWiring_Collector_ServesTheNamespacesOfThisInstallation(t *testing.T) {
	o := nowhere()
	o.watchNamespaces = []string{"team-a", "team-b"}
	clients := &ecs.Clients{}
	mgr := wired(t, &wiring{options: o, clients: clients, installation: "ours", log: logr.Discard()})
	var collector *orphans.Collector
	for _, runnable := range mgr.runnables {
		if c, ok := runnable.(*orphans.Collector); ok {
			collector = c
		}
	}
	if collector == nil {
		t.Fatal("the manager runs no orphan collector")
	}
	if diff := cmp.Diff(o.watchNamespaces, collector.Namespaces); diff != "" {
		t.Errorf("namespaces differ (-want +got):\n%s", diff)
	}
	if collector.Installation != "ours" || collector.ECS != clients || collector.Client != mgr.GetClient() {
		t.Error("the collector has another installation, other clients of AWS or another cache than the manager")
	}
	if collector.Interval != orphans.DefaultInterval {
		t.Errorf("it collects every %s, want %s", collector.Interval, orphans.DefaultInterval)
	}
}

func TestManager_Options_LimitTheCacheAndElectALeader(t *testing.T) {
	o := nowhere()
	o.namespace, o.leaderElect, o.watchNamespaces = "operator", true, []string{"team-a"}
	options, err := o.manager(logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	if got := slices.Collect(maps.Keys(options.Cache.DefaultNamespaces)); !slices.Equal(got, o.watchNamespaces) {
		t.Errorf("the cache has namespaces %q, want %q", got, o.watchNamespaces)
	}
	if !options.LeaderElection || options.LeaderElectionNamespace != "operator" || options.LeaderElectionID != leaseName {
		t.Errorf("leader election %t with Lease %s in namespace %q", options.LeaderElection, options.LeaderElectionID, options.LeaderElectionNamespace)
	}
}
