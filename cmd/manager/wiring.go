package main

import (
	"fmt"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/fargate-operator/fargate-operator/controllers/fargatejob"
	"github.com/fargate-operator/fargate-operator/controllers/fargatetaskclass"
	"github.com/fargate-operator/fargate-operator/controllers/orphans"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
	"github.com/fargate-operator/fargate-operator/internal/event"
)

// wiring connects what the manager runs.
type wiring struct {
	options      *options
	clients      *ecs.Clients
	installation string // marks this installation's tasks
	log          logr.Logger
}

// addTo adds the probes, the admission check and what adds the controllers once the API server is there.
func (w *wiring) addTo(mgr ctrl.Manager) error {
	wait := newAPIServerWait(mgr.GetRESTMapper(), w.log)
	if err := addProbes(mgr, wait); err != nil {
		return err
	}
	if err := w.addWebhook(mgr); err != nil {
		return err
	}
	if err := mgr.Add(&start{wiring: w, mgr: mgr, wait: wait}); err != nil {
		return fmt.Errorf("adding the start of the controllers: %w", err)
	}
	return nil
}

// addControllers adds everything that only the leader runs.
func (w *wiring) addControllers(mgr ctrl.Manager) error {
	for _, add := range []func(ctrl.Manager) error{w.addJobs, w.addClasses, w.addCollector} {
		if err := add(mgr); err != nil {
			return err
		}
	}
	return nil
}

func (w *wiring) addJobs(mgr ctrl.Manager) error {
	observers := ecs.NewObservers(w.clients, ecs.DefaultCadence, w.log.WithName("observer"))
	if err := mgr.Add(observers); err != nil {
		return fmt.Errorf("adding the observers: %w", err)
	}
	jobs := &fargatejob.Reconciler{
		Client:       mgr.GetClient(),
		Reader:       mgr.GetAPIReader(),
		Events:       event.NewRecorder(mgr),
		ECS:          w.clients,
		Observers:    observers,
		Installation: w.installation,
	}
	if err := jobs.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("adding the FargateJob controller: %w", err)
	}
	return nil
}

func (w *wiring) addClasses(mgr ctrl.Manager) error {
	classes := &fargatetaskclass.Reconciler{
		Client:   mgr.GetClient(),
		Events:   event.NewRecorder(mgr),
		AWS:      inspect.New(w.clients),
		Interval: fargatetaskclass.DefaultInterval,
	}
	if err := classes.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("adding the FargateTaskClass controller: %w", err)
	}
	return nil
}

func (w *wiring) addCollector(mgr ctrl.Manager) error {
	collector := &orphans.Collector{
		Client:       mgr.GetClient(),
		ECS:          w.clients,
		Installation: w.installation,
		Adopted:      w.options.adopted,
		Namespaces:   w.options.watchNamespaces,
		Interval:     orphans.DefaultInterval,
		Log:          w.log.WithName("orphans"),
	}
	if err := mgr.Add(collector); err != nil {
		return fmt.Errorf("adding the orphan collector: %w", err)
	}
	return nil
}
