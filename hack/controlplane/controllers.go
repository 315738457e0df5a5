package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/keyutil"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/controller/clusterroleaggregation"
	namespacecontroller "k8s.io/kubernetes/pkg/controller/namespace"
	serviceaccountcontroller "k8s.io/kubernetes/pkg/controller/serviceaccount"
	"k8s.io/kubernetes/pkg/serviceaccount"
)

// resyncPeriod is kube-controller-manager's default for namespaces; the watches do the work.
const resyncPeriod = 5 * time.Minute

// workers per controller: enough for one person's cluster.
const workers = 4

// loop is a controller's Run function: it returns when the context ends.
type loop func(ctx context.Context)

// manager creates the controllers of kube-controller-manager that need no node.
type manager struct {
	config   *rest.Config
	client   *kubernetes.Clientset
	metadata metadata.Interface
	shared   informers.SharedInformerFactory
	keys     *pki
}

func newManager(config *rest.Config, keys *pki) (*manager, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("creating a client for the controllers: %w", err)
	}
	metadataClient, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("creating a metadata client for the controllers: %w", err)
	}
	return &manager{
		config: config, client: client, metadata: metadataClient, keys: keys,
		shared: informers.NewSharedInformerFactory(client, resyncPeriod),
	}, nil
}

// run starts all controllers and returns when ctx has ended and all have returned.
func (m *manager) run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	constructors := []func(context.Context) (loop, error){
		m.tokens, m.serviceAccounts, m.namespaces, m.roleAggregation, m.garbageCollector,
	}
	loops := make([]loop, 0, len(constructors))
	for _, construct := range constructors {
		l, err := construct(ctx)
		if err != nil {
			return err
		}
		loops = append(loops, l)
	}
	m.shared.Start(ctx.Done())
	for _, l := range loops {
		running.Go(func() { l(ctx) })
	}
	return nil
}

func (m *manager) tokens(ctx context.Context) (loop, error) {
	key, err := keyutil.PrivateKeyFromFile(m.keys.serviceAccountKey)
	if err != nil {
		return nil, fmt.Errorf("reading the service account key: %w", err)
	}
	generator, err := serviceaccount.JWTTokenGenerator(serviceaccount.LegacyIssuer, key)
	if err != nil {
		return nil, fmt.Errorf("creating the token generator: %w", err)
	}
	ca, err := os.ReadFile(m.keys.caFile)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate authority: %w", err)
	}
	c, err := serviceaccountcontroller.NewTokensController(klog.FromContext(ctx),
		m.shared.Core().V1().ServiceAccounts(), m.shared.Core().V1().Secrets(), m.client,
		serviceaccountcontroller.TokensControllerOptions{TokenGenerator: generator, RootCA: ca})
	if err != nil {
		return nil, fmt.Errorf("creating the token controller: %w", err)
	}
	return func(ctx context.Context) { c.Run(ctx, workers) }, nil
}

func (m *manager) serviceAccounts(ctx context.Context) (loop, error) {
	c, err := serviceaccountcontroller.NewServiceAccountsController(klog.FromContext(ctx),
		m.shared.Core().V1().ServiceAccounts(), m.shared.Core().V1().Namespaces(), m.client,
		serviceaccountcontroller.DefaultServiceAccountsControllerOptions())
	if err != nil {
		return nil, fmt.Errorf("creating the service account controller: %w", err)
	}
	return func(ctx context.Context) { c.Run(ctx, workers) }, nil
}

func (m *manager) namespaces(ctx context.Context) (loop, error) {
	c := namespacecontroller.NewNamespaceController(ctx, m.client, m.metadata,
		m.client.Discovery().ServerPreferredNamespacedResources,
		m.shared.Core().V1().Namespaces(), resyncPeriod, corev1.FinalizerKubernetes)
	return func(ctx context.Context) { c.Run(ctx, workers) }, nil
}

func (m *manager) roleAggregation(context.Context) (loop, error) {
	c := clusterroleaggregation.NewClusterRoleAggregation(m.shared.Rbac().V1().ClusterRoles(), m.client.RbacV1())
	return func(ctx context.Context) { c.Run(ctx, workers) }, nil
}
