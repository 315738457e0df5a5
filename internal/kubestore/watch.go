package kubestore

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/executor"
)

// watchSeconds is after how long the API server ends a watch. Another then
// begins with the object's current state.
const watchSeconds int64 = 300

// watchPause is the minimum time between the starts of two watches, for servers
// and proxies that end every watch at once.
const watchPause = time.Second

// Watch reads the object, then watches it from there. A watch that ends, or
// whose starting point the API server no longer remembers (410 Gone), starts
// again.
func (s *Store) Watch(ctx context.Context, key types.NamespacedName, seen func(*v1alpha1.FargateJob) error) error {
	for {
		pause := time.After(watchPause)
		if err := s.watchOnce(ctx, key, seen); err != nil {
			return err
		}
		select {
		case <-pause:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (s *Store) watchOnce(ctx context.Context, key types.NamespacedName, seen func(*v1alpha1.FargateJob) error) error {
	job, err := s.get(ctx, key)
	if err != nil {
		return s.explain(ctx, "get", key, err)
	}
	if err := seen(job); err != nil {
		return err
	}
	events, err := s.open(ctx, job)
	if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
		return nil
	}
	if err != nil {
		return s.explain(ctx, "watch", key, err)
	}
	defer events.Stop()
	return s.receive(ctx, key, events, seen)
}

// open starts to watch the job from the version in memory.
func (s *Store) open(ctx context.Context, job *v1alpha1.FargateJob) (watch.Interface, error) {
	timeout := watchSeconds
	options := &metav1.ListOptions{
		Watch:           true,
		FieldSelector:   fields.OneTermEqualSelector("metadata.name", job.Name).String(),
		ResourceVersion: job.ResourceVersion,
		TimeoutSeconds:  &timeout,
	}
	return s.client.Get().Namespace(job.Namespace).Resource(resource).VersionedParams(options, s.codec).Watch(ctx)
}

// receive returns nil when the watch has ended and another should start.
func (s *Store) receive(ctx context.Context, key types.NamespacedName, events watch.Interface, seen func(*v1alpha1.FargateJob) error) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case event, ok := <-events.ResultChan():
			if !ok {
				return nil
			}
			if event.Type == watch.Error {
				return s.explainEvent(ctx, key, event)
			}
			job, isJob := event.Object.(*v1alpha1.FargateJob)
			switch {
			case !isJob:
			case event.Type == watch.Deleted:
				return executor.ErrJobGone
			default:
				if err := seen(job); err != nil {
					return err
				}
			}
		}
	}
}

func (s *Store) explainEvent(ctx context.Context, key types.NamespacedName, event watch.Event) error {
	err := apierrors.FromObject(event.Object)
	if apierrors.IsResourceExpired(err) || apierrors.IsGone(err) {
		return nil
	}
	return s.explain(ctx, "watch", key, err)
}
