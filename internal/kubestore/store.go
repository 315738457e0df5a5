// Package kubestore keeps the executor's FargateJobs in a Kubernetes API
// server.
//
// It uses no discovery, REST mapper, informers or typed clientsets: the stage
// binary starts many times per job.
package kubestore

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/proxy"
	"github.com/fargate-operator/fargate-operator/internal/version"
)

// The plurals under which the API server serves FargateJobs and
// FargateTaskClasses.
const (
	resource      = "fargatejobs"
	classResource = "fargatetaskclasses"
)

// requestTimeout bounds one request other than a watch, including the client's
// own retries.
const requestTimeout = 10 * time.Second

// Store is an executor.JobStore in an API server.
type Store struct {
	client    rest.Interface
	host      string // the API server's URL, with the proxy in use
	namespace string
	codec     runtime.ParameterCodec
}

var _ executor.JobStore = (*Store)(nil)

// New returns a store in the API server that the configuration names, with the
// namespace for new jobs. It sends no request yet.
func New(config *rest.Config, namespace string) (*Store, error) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("building the scheme: %w", err)
	}
	config = rest.CopyConfig(config)
	config.GroupVersion = &v1alpha1.GroupVersion
	config.APIPath = "/apis"
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.UserAgent = version.UserAgent("fargate")
	// The API server's own priority and fairness limits us.
	config.QPS = -1
	config.WarningHandlerWithContext = rest.NoWarnings{}
	client, err := rest.RESTClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("using the configuration for the API server at %s: %w", hostOf(config), proxy.WithoutCredentials(err, config.Host))
	}
	return &Store{
		client:    client,
		host:      hostOf(config),
		namespace: namespace,
		codec:     runtime.NewParameterCodec(scheme),
	}, nil
}

// Namespace returns the namespace for new jobs.
func (s *Store) Namespace() string { return s.namespace }

// Create creates the object. One that already exists with the same public key
// is the result of an earlier call whose answer was lost, and counts as
// success.
func (s *Store) Create(ctx context.Context, job *v1alpha1.FargateJob) error {
	key := types.NamespacedName{Namespace: job.Namespace, Name: job.Name}
	err := s.post(ctx, job)
	if apierrors.IsAlreadyExists(err) {
		if existing, getErr := s.get(ctx, key); getErr == nil && existing.Spec.SSHPublicKey == job.Spec.SSHPublicKey {
			return nil
		}
	}
	return s.explain(ctx, "create", key, err)
}

// KeyType reads the class. It is empty if that does not exist: creating the job says
// so.
func (s *Store) KeyType(ctx context.Context, class string) (v1alpha1.KeyType, error) {
	key := types.NamespacedName{Namespace: s.namespace, Name: class}
	read := &v1alpha1.FargateTaskClass{}
	err := s.read(ctx, classResource, key, read)
	switch {
	case apierrors.IsNotFound(err):
		return "", nil
	case apierrors.IsForbidden(err):
		return "", fmt.Errorf("no permission to read FargateTaskClass %s: grant the verb get on %s.%s there to the runner's service account: %w",
			key, classResource, v1alpha1.GroupVersion.Group, err)
	}
	return read.Spec.SSH.KeyType, s.explain(ctx, "get", key, err)
}

// Delete deletes the object. The controller stops the task and then lets the
// object go.
func (s *Store) Delete(ctx context.Context, key types.NamespacedName) error {
	bounded, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	err := s.client.Delete().Namespace(key.Namespace).Resource(resource).Name(key.Name).Do(bounded).Error()
	if apierrors.IsNotFound(err) {
		return nil
	}
	return s.explain(ctx, "delete", key, err)
}

func (s *Store) post(ctx context.Context, job *v1alpha1.FargateJob) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return s.client.Post().Namespace(job.Namespace).Resource(resource).Body(job).Do(ctx).Error()
}

func (s *Store) get(ctx context.Context, key types.NamespacedName) (*v1alpha1.FargateJob, error) {
	job := &v1alpha1.FargateJob{}
	return job, s.read(ctx, resource, key, job)
}

// read reads one object.
func (s *Store) read(ctx context.Context, resource string, key types.NamespacedName, into runtime.Object) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return s.client.Get().Namespace(key.Namespace).Resource(resource).Name(key.Name).
		VersionedParams(&metav1.GetOptions{}, s.codec).Do(ctx).Into(into)
}
