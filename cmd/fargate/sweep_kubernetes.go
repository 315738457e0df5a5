package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/kubestore"
	"github.com/fargate-operator/fargate-operator/internal/life"
	"github.com/fargate-operator/fargate-operator/internal/standalone"
)

// kubernetesJobs are the FargateJobs of a namespace. Without one, nothing is
// known of any.
type kubernetesJobs struct {
	namespace string
	names     sets.Set[string]
}

// find reports whether a job exists, and whether that is known.
func (j kubernetesJobs) find(job types.NamespacedName) (exists, known bool) {
	return j.names.Has(job.Name), j.namespace != "" && job.Namespace == j.namespace
}

// inKubernetes lists the FargateJobs that a runner which has certainly ended left
// behind. Those that are being deleted are not left behind.
func inKubernetes(ctx context.Context, config *driverconfig.Config) (kubernetesJobs, []leftBehind, error) {
	store, err := kubestore.Open(config.Kubernetes.Kubeconfig, config.Kubernetes.Namespace)
	if err != nil {
		return kubernetesJobs{}, nil, err
	}
	list, err := store.List(ctx)
	if err != nil {
		return kubernetesJobs{}, nil, err
	}
	now := life.Current(executor.PodFromEnvironment(os.Getenv).UID)
	jobs := kubernetesJobs{namespace: store.Namespace(), names: sets.New[string]()}
	var found []leftBehind
	for i := range list {
		job := &list[i]
		jobs.names.Insert(job.Name)
		if job.DeletionTimestamp.IsZero() && life.Parse(job.Annotations[life.Annotation]).Ended(now) {
			found = append(found, ofEndedRunner(store, job))
		}
	}
	return jobs, found, nil
}

func ofEndedRunner(store *kubestore.Store, job *v1alpha1.FargateJob) leftBehind {
	key := types.NamespacedName{Namespace: job.Namespace, Name: job.Name}
	created := job.CreationTimestamp.UTC().Format(time.RFC3339)
	return leftBehind{
		what: "FargateJob " + key.String(),
		why:  fmt.Sprintf("%s was created %s by a runner that has ended", standalone.Identify(job), created),
		stop: func(ctx context.Context) error { return store.Delete(ctx, key) },
	}
}
