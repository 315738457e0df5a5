package main

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlconfig "sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/controllers/fargatejob"
	"github.com/fargate-operator/fargate-operator/controllers/fargatetaskclass"
	"github.com/fargate-operator/fargate-operator/controllers/metrics"
	"github.com/fargate-operator/fargate-operator/controllers/orphans"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/event"
)

// leaseName is the Lease that the replicas compete for.
const leaseName = "fargate-operator"

// reconcileTimeout frees a worker whose calls do not end. It leaves time for a
// request to AWS that the SDK tries three times.
const reconcileTimeout = 2 * time.Minute

// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get,namespace=fargate-operator
// +kubebuilder:rbac:groups=coordination.k8s.io,resources=leases,verbs=create,namespace=fargate-operator
// +kubebuilder:rbac:groups=coordination.k8s.io,resources=leases,resourceNames=fargate-operator,verbs=get;update,namespace=fargate-operator
// +kubebuilder:rbac:groups="",resources=events,verbs=create,namespace=fargate-operator

// run wires the controllers and runs them until the context ends.
func run(ctx context.Context, o *options, log logr.Logger) error {
	config, err := apiServer()
	if err != nil {
		return err
	}
	scheme, err := newScheme()
	if err != nil {
		return err
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                        scheme,
		Logger:                        log,
		Cache:                         cache.Options{DefaultNamespaces: o.namespaces()},
		Controller:                    ctrlconfig.Controller{ReconciliationTimeout: reconcileTimeout},
		Metrics:                       metricsserver.Options{BindAddress: o.metricsAddress},
		HealthProbeBindAddress:        o.probeAddress,
		LeaderElection:                o.leaderElect,
		LeaderElectionID:              leaseName,
		LeaderElectionNamespace:       o.namespace,
		LeaderElectionReleaseOnCancel: true,
	})
	if err != nil {
		return fmt.Errorf("creating the manager: %w", err)
	}
	installation, err := installationID(ctx, mgr.GetAPIReader(), o.namespace)
	if err != nil {
		return err
	}
	clients := &ecs.Clients{Called: metrics.CountCall}
	if err := addControllers(mgr, o, clients, installation, log); err != nil {
		return err
	}
	if err := addWebhook(mgr, clients, o.webhookCertDir); err != nil {
		return err
	}
	return mgr.Start(ctx)
}

// installationID is the UID of the installation's namespace: no other
// installation that shares an ECS cluster has it.
func installationID(ctx context.Context, reader client.Reader, namespace string) (string, error) {
	var object corev1.Namespace
	if err := reader.Get(ctx, client.ObjectKey{Name: namespace}, &object); err != nil {
		return "", fmt.Errorf("reading the installation's namespace %s: %w", namespace, err)
	}
	return string(object.UID), nil
}

func addControllers(mgr ctrl.Manager, o *options, clients *ecs.Clients, installation string, log logr.Logger) error {
	observers := ecs.NewObservers(clients, ecs.DefaultCadence, log.WithName("observer"))
	if err := mgr.Add(observers); err != nil {
		return err
	}
	jobs := &fargatejob.Reconciler{
		Client:       mgr.GetClient(),
		Reader:       mgr.GetAPIReader(),
		Events:       event.NewRecorder(mgr),
		ECS:          clients,
		Observers:    observers,
		Installation: installation,
	}
	if err := jobs.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("adding the FargateJob controller: %w", err)
	}
	classes := &fargatetaskclass.Reconciler{
		Client:   mgr.GetClient(),
		Events:   event.NewRecorder(mgr),
		ECS:      clients,
		Interval: fargatetaskclass.DefaultInterval,
	}
	if err := classes.SetupWithManager(mgr); err != nil {
		return fmt.Errorf("adding the FargateTaskClass controller: %w", err)
	}
	if err := mgr.Add(&orphans.Collector{
		Client:       mgr.GetClient(),
		ECS:          clients,
		Installation: installation,
		Namespaces:   o.watchNamespaces,
		Interval:     orphans.DefaultInterval,
		Log:          log.WithName("orphans"),
	}); err != nil {
		return err
	}
	ctrlmetrics.Registry.MustRegister(metrics.Collectors()...)
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return err
	}
	return mgr.AddReadyzCheck("cache", cacheSynced(mgr.GetCache()))
}

func newScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	builder := runtime.NewSchemeBuilder(clientgoscheme.AddToScheme, v1alpha1.AddToScheme)
	if err := builder.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("building the scheme: %w", err)
	}
	return scheme, nil
}

func (o *options) namespaces() map[string]cache.Config {
	if len(o.watchNamespaces) == 0 {
		return nil
	}
	namespaces := map[string]cache.Config{}
	for _, namespace := range o.watchNamespaces {
		namespaces[namespace] = cache.Config{}
	}
	return namespaces
}
