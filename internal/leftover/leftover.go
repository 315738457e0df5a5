// Package leftover decides which of an installation's tasks no job owns any
// more, for both the controller's orphan collector and fargate sweep.
//
// List the tasks before the jobs: then the task of a job created in between
// never counts as left over.
package leftover

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// MinAge is how old a task without a job must be to count: its job may not have
// been recorded yet.
const MinAge = 5 * time.Minute

// Jobs are the jobs of an installation, by UID. A job that cannot be read is
// nil: it owns every task with its UID.
type Jobs map[string]*v1alpha1.FargateJob

// Tasks returns the tasks that no job owns and that are at least as old as
// minAge, in the order given.
func (j Jobs) Tasks(tasks []Task, minAge time.Duration) []Task {
	var leftover []Task
	for _, task := range tasks {
		job, exists := j[task.UID]
		if owned := exists && MayOwn(job, task.ARN); !owned && task.Age >= minAge {
			leftover = append(leftover, task)
		}
	}
	return leftover
}

// MayOwn reports whether a task with a job's UID can be the job's current one.
// A job whose task is not known yet may own any of them, unless it has stalled:
// then it launches no more tasks. A nil job is one that cannot be read.
func MayOwn(job *v1alpha1.FargateJob, arn string) bool {
	switch {
	case job == nil:
		return true
	case job.Status.Task != nil:
		return job.Status.Task.ARN == arn
	default:
		return !meta.IsStatusConditionTrue(job.Status.Conditions, v1alpha1.ConditionStalled)
	}
}
