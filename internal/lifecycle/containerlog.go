package lifecycle

import (
	"context"
	"slices"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// logHint says how to read the log of a job's container that has run. It is
// empty if there is none in CloudWatch Logs. The log itself may hold what not
// everybody may read who can see the job.
func (l *Lifecycle) logHint(ctx context.Context, job *v1alpha1.FargateJob) string {
	template, task := job.Status.Resolved, job.Status.Task
	ran := slices.ContainsFunc(task.Containers, func(c v1alpha1.ContainerStatus) bool {
		return c.Name == template.ContainerName && c.ExitCode != nil
	})
	if !ran {
		return ""
	}
	definition, err := l.ECS.TaskDefinition(ctx, ecs.LocationOf(template), template.TaskDefinition)
	if err != nil {
		return ""
	}
	command := definition.Containers[template.ContainerName].Log.Command(template.ContainerName, task.ARN)
	if command == "" {
		return ""
	}
	return " (its log: " + command + ")"
}
