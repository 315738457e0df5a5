package lifecycle

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// Release stops every task that may belong to the job, with a reason that ECS
// shows, and reports whether no other can turn up. If one can, release the job
// again after SettlePause.
func (l *Lifecycle) Release(ctx context.Context, job *v1alpha1.FargateJob, reason string) (settled bool, err error) {
	if job.Status.Resolved == nil {
		return true, nil
	}
	arns, settled, err := l.tasksOf(ctx, job)
	if err != nil {
		return false, err
	}
	for _, arn := range arns {
		if task := job.Status.Task; task != nil && task.ARN == arn && task.LastStatus == ecs.Stopped {
			continue // It needs no stop, and the permission for it may be gone.
		}
		err = errors.Join(err, l.stop(ctx, job, arn, reason))
		l.Observers.Forget(arn)
	}
	return settled, err
}

// Forget drops what is remembered of a job that no longer exists.
func (l *Lifecycle) Forget(job types.NamespacedName) {
	l.attempts.forget(job)
	l.searches.forget(job)
	l.failures.forget(job)
	if arn := l.watched.forget(job); arn != "" {
		l.Observers.Forget(arn)
	}
}
