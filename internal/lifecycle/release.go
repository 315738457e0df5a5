package lifecycle

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// ListTasks may show a task a few seconds after RunTask accepted it. The task of
// a job that has none written down is searched for during SettleTime, every
// SettlePause. That counts from the first search: nobody launches a job that is
// being released, and when it was launched last is not known for certain.
const (
	SettleTime  = 15 * time.Second
	SettlePause = 2 * time.Second
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
		err = errors.Join(err, l.ECS.Stop(ctx, ecs.LocationOf(&job.Status.Resolved.TaskTemplate), arn, reason))
		l.Observers.Forget(arn)
	}
	return settled, err
}

// Forget drops what is remembered of a job that no longer exists.
func (l *Lifecycle) Forget(job types.NamespacedName) {
	if arn := l.memory.forget(job); arn != "" {
		l.Observers.Forget(arn)
	}
}

// tasksOf finds the job's task: in the status, in what this process has
// launched, or in ECS, where a process that died in between left it.
func (l *Lifecycle) tasksOf(ctx context.Context, job *v1alpha1.FargateJob) (arns []string, settled bool, err error) {
	known := sets.New[string]()
	if task := job.Status.Task; task != nil {
		known.Insert(task.ARN)
	}
	if arn := l.memory.latest(job); arn != "" {
		known.Insert(arn)
	}
	if len(known) > 0 || l.memory.none(job) {
		return sets.List(known), true, nil
	}
	now := l.now()
	begun := l.memory.search(job, now)
	arns, err = l.ECS.FindByOwner(ctx, ecs.LocationOf(&job.Status.Resolved.TaskTemplate), ownerOf(job, l.Installation))
	return arns, now.Sub(begun) > SettleTime || len(arns) > 0, err
}
