package lifecycle

import (
	"context"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// LastLines returns what the job's container wrote last to CloudWatch Logs, or
// the one that ended the job's task, as ecs.Clients.LastLines does. There is
// nothing of a container that has not run, or that logs elsewhere.
func (l *Lifecycle) LastLines(ctx context.Context, job *v1alpha1.FargateJob, limit int32) ([]string, error) {
	stream := l.logStream(ctx, job)
	if stream == (ecs.LogStream{}) {
		return nil, nil
	}
	return l.ECS.LastLines(ctx, ecs.LocationOf(&job.Status.Resolved.TaskTemplate), stream, limit)
}

// logHint says how to read the log of a job's container that has run. It is
// empty if there is none in CloudWatch Logs. The log itself may hold what not
// everybody may read who can see the job.
func (l *Lifecycle) logHint(ctx context.Context, job *v1alpha1.FargateJob) string {
	stream := l.logStream(ctx, job)
	if stream == (ecs.LogStream{}) {
		return ""
	}
	return " (its log: " + stream.Command() + ")"
}

// logStream is the log of the job's container while that runs, then of the
// container that is at fault for the end of the job's task. It is zero if that has
// not run, if there is none, or if the task definition cannot be read.
func (l *Lifecycle) logStream(ctx context.Context, job *v1alpha1.FargateJob) ecs.LogStream {
	resolved, task := job.Status.Resolved, job.Status.Task
	if resolved == nil || task == nil {
		return ecs.LogStream{}
	}
	name := resolved.ContainerName
	if !runs(job) {
		if name = culprit(job); !ran(job, name) {
			return ecs.LogStream{}
		}
	}
	definition, err := l.ECS.TaskDefinition(ctx, ecs.LocationOf(&resolved.TaskTemplate), resolved.TaskDefinition)
	if err != nil {
		return ecs.LogStream{}
	}
	return definition.Containers[name].Log.Stream(name, task.ARN)
}
