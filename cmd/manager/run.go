package main

import (
	"context"
	"fmt"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/controllers/metrics"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// leaseName is the Lease that the replicas compete for.
const leaseName = "fargate-operator"

// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get,namespace=fargate-operator
// +kubebuilder:rbac:groups=coordination.k8s.io,resources=leases,verbs=create,namespace=fargate-operator
// +kubebuilder:rbac:groups=coordination.k8s.io,resources=leases,resourceNames=fargate-operator,verbs=get;update,namespace=fargate-operator
// +kubebuilder:rbac:groups="",resources=events,verbs=create,namespace=fargate-operator

// run runs everything that wiring adds, until the context ends. It registers the
// metrics of the process, once.
func run(ctx context.Context, o *options, log logr.Logger) error {
	config, err := apiServer()
	if err != nil {
		return err
	}
	managerOptions, err := o.manager(log)
	if err != nil {
		return err
	}
	ctrlmetrics.Registry.MustRegister(metrics.Collectors()...)
	return o.serve(ctx, config, managerOptions)
}

// serve is run with a manager of these options.
func (o *options) serve(ctx context.Context, config *rest.Config, managerOptions ctrl.Options) error {
	mgr, err := ctrl.NewManager(config, managerOptions)
	if err != nil {
		return fmt.Errorf("creating the manager: %w", err)
	}
	clients := &ecs.Clients{
		Called: metrics.CountCall,
		Roles:  &ecs.Roles{Allowed: o.assumableRoles, Session: o.namespace, ExternalID: o.externalID},
	}
	w := &wiring{options: o, clients: clients, log: managerOptions.Logger}
	if err := w.addTo(mgr); err != nil {
		return err
	}
	return mgr.Start(ctx)
}

// manager returns the options of the manager.
func (o *options) manager(log logr.Logger) (ctrl.Options, error) {
	scheme, err := newScheme()
	if err != nil {
		return ctrl.Options{}, err
	}
	return ctrl.Options{
		Scheme:                        scheme,
		Logger:                        log,
		Cache:                         cache.Options{DefaultNamespaces: o.namespaces()},
		Metrics:                       metricsserver.Options{BindAddress: o.metricsAddress},
		HealthProbeBindAddress:        o.probeAddress,
		LeaderElection:                o.leaderElect,
		LeaderElectionID:              leaseName,
		LeaderElectionNamespace:       o.namespace,
		LeaderElectionReleaseOnCancel: true,
	}, nil
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
