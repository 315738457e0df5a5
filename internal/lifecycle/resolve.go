package lifecycle

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// resolve freezes the class with the job's overrides, and records the first
// attempt. A change of the class does not alter the job after that.
func (l *Lifecycle) resolve(ctx context.Context, job *v1alpha1.FargateJob) error {
	if job.Status.Resolved != nil {
		return nil
	}
	if err := checkPublicKey(job); err != nil {
		return err
	}
	class, err := l.Class(ctx, job)
	if err != nil {
		return err
	}
	template := class.Spec.TaskTemplate.DeepCopy()
	if err := override(template, class, &job.Spec.Overrides); err != nil {
		return err
	}
	definition, err := l.ECS.TaskDefinition(ctx, ecs.LocationOf(template), template.TaskDefinition)
	if err != nil {
		return err
	}
	container, ok := definition.Containers[template.ContainerName]
	if !ok {
		return missingContainer(class, definition)
	}
	if err := checkSize(template, &definition, &job.Spec.Overrides); err != nil {
		return err
	}
	template.TaskDefinition = definition.ARN
	job.Status.Resolved = &v1alpha1.ResolvedTask{TaskTemplate: *template, HealthCheck: v1alpha1.Disabled}
	if container.HealthCheck {
		job.Status.Resolved.HealthCheck = v1alpha1.Enabled
	}
	l.recordAttempt(job)
	return errRecorded
}

func missingContainer(class *v1alpha1.FargateTaskClass, definition ecs.Definition) error {
	fix := fmt.Sprintf("rename one of its containers (%s)", strings.Join(slices.Sorted(maps.Keys(definition.Containers)), ", "))
	if class.Name != "" {
		fix += " or set containerName in FargateTaskClass " + class.Name
	}
	return Stallf(v1alpha1.ReasonInvalidParameter, "task definition %s has no container %q: %s", definition.ARN, class.Spec.ContainerName, fix)
}
