package lifecycle

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// ListTasks may show a task a few seconds after RunTask accepted it. A task that
// nobody knows is searched for during SettleTime, every SettlePause. That counts
// from the first search after the last launch: when another process launched
// last is not known, but it no longer does.
const (
	SettleTime  = 15 * time.Second
	SettlePause = 2 * time.Second
)

// errSearching ends an advance that has to go on with the search after
// SettlePause.
var errSearching = errors.New("searching for the task of a launch whose answer was lost")

// search looks in ECS for a job's tasks. It has settled once it has found one, or
// once none can turn up any more.
func (l *Lifecycle) search(ctx context.Context, job *v1alpha1.FargateJob) (arns []string, settled bool, err error) {
	now := l.Now()
	var begun time.Time
	l.searches.update(job, func(since *time.Time) {
		if since.IsZero() {
			*since = now
		}
		begun = *since
	})
	arns, err = l.ECS.FindByOwner(ctx, ecs.LocationOf(&job.Status.Resolved.TaskTemplate), ownerOf(job, l.Installation))
	return arns, err == nil && (len(arns) > 0 || now.Sub(begun) > SettleTime), err
}

// tasksOf finds the job's tasks: in the status, in what this process has
// launched, or in ECS, where a process that died before it wrote one down left
// it.
func (l *Lifecycle) tasksOf(ctx context.Context, job *v1alpha1.FargateJob) (arns []string, settled bool, err error) {
	known := sets.New(l.attempts.tasks(job)...)
	if task := job.Status.Task; task != nil {
		known.Insert(task.ARN)
	}
	if !l.attempts.mayHaveTask(job) {
		return sets.List(known), true, nil
	}
	found, settled, err := l.search(ctx, job)
	return sets.List(known.Insert(found...)), settled, err
}
