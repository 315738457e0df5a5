package fargatejob

import (
	"context"
	"maps"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// resolve freezes the class with the job's overrides, and records the first
// attempt. A change of the class does not alter the job after that.
func (r *Reconciler) resolve(ctx context.Context, job *v1alpha1.FargateJob) error {
	if job.Status.Resolved != nil {
		return nil
	}
	class, err := r.class(ctx, job)
	if err != nil {
		return err
	}
	template := class.Spec.TaskTemplate.DeepCopy()
	if err := override(template, class, &job.Spec.Overrides); err != nil {
		return err
	}
	definition, err := r.ECS.TaskDefinition(ctx, ecs.LocationOf(template), template.TaskDefinition)
	if err != nil {
		return err
	}
	container, ok := definition.Containers[template.ContainerName]
	if !ok {
		return stallf(v1alpha1.ReasonInvalidParameter,
			"task definition %s has no container %q: rename one of its containers (%s) or set containerName in FargateTaskClass %s",
			definition.ARN, template.ContainerName, strings.Join(slices.Sorted(maps.Keys(definition.Containers)), ", "), class.Name)
	}
	template.TaskDefinition = definition.ARN
	job.Status.Resolved = template
	job.Status.HealthCheck = v1alpha1.Disabled
	if container.HealthCheck {
		job.Status.HealthCheck = v1alpha1.Enabled
	}
	recordAttempt(job)
	return errRecorded
}

// class reads the job's class, from the API server if the cache has none: it
// may have been created together with the job.
func (r *Reconciler) class(ctx context.Context, job *v1alpha1.FargateJob) (*v1alpha1.FargateTaskClass, error) {
	class := &v1alpha1.FargateTaskClass{}
	key := client.ObjectKey{Namespace: job.Namespace, Name: job.Spec.ClassRef.Name}
	err := r.Client.Get(ctx, key, class)
	if apierrors.IsNotFound(err) {
		err = r.Reader.Get(ctx, key, class)
	}
	if apierrors.IsNotFound(err) {
		return nil, stallf(v1alpha1.ReasonClassNotFound,
			"FargateTaskClass %s does not exist in namespace %s: create it, or name another in the executor's configuration", key.Name, key.Namespace)
	}
	return class, err
}
