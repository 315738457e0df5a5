package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// roundPauses are the pauses after every placement has been tried once, twice and
// so on.
var roundPauses = wait.Backoff{Duration: 5 * time.Second, Factor: 2, Cap: time.Minute, Steps: math.MaxInt32}

// launch starts the task of the recorded attempt. It may run more than once
// for an attempt: the idempotency token makes ECS answer with the same task.
func (l *Lifecycle) launch(ctx context.Context, job *v1alpha1.FargateJob) error {
	if job.Status.Task != nil || l.now().Before(retryTime(job)) {
		return nil
	}
	task, ok := l.memory.task(job)
	if !ok {
		certain := l.memory.asking(job)
		var err error
		if task, err = l.ECS.Launch(ctx, launchOf(job, l.Installation)); err != nil {
			return l.launchFailed(job, err, certain)
		}
		l.memory.launched(job, task)
		l.tell(v1alpha1.ReasonLaunched)
	}
	job.Status.Task = task
	job.Status.RetryTime = nil
	setCondition(job, v1alpha1.ConditionLaunched, metav1.ConditionTrue, v1alpha1.ReasonLaunched,
		fmt.Sprintf("ECS accepted task %s in attempt %d", task.ARN, job.Status.Attempt))
	setCondition(job, v1alpha1.ConditionAddressAssigned, metav1.ConditionUnknown, v1alpha1.ReasonAwaitingAddress, "the task does not run yet")
	return errRecorded
}

func launchOf(job *v1alpha1.FargateJob, installation string) ecs.Launch {
	return ecs.Launch{
		Template:     job.Status.Resolved,
		SSHPublicKey: job.Spec.SSHPublicKey,
		Job:          job.Spec.Job,
		Owner:        ownerOf(job, installation),
		Namespace:    job.Namespace,
		Attempt:      job.Status.Attempt,
	}
}

func ownerOf(job *v1alpha1.FargateJob, installation string) ecs.Owner {
	return ecs.Owner{Installation: installation, UID: string(job.UID)}
}

// launchFailed notes why, and makes way for the next attempt if another
// placement or a later time may help. Before the launch it was certain that the
// attempt had no task, or not.
func (l *Lifecycle) launchFailed(job *v1alpha1.FargateJob, err error, certain bool) error {
	var fault *ecs.Error
	if !errors.As(err, &fault) {
		return err
	}
	l.tell(fault.Reason)
	setCondition(job, v1alpha1.ConditionLaunched, metav1.ConditionFalse, fault.Reason, fault.Message)
	if fault.Class == ecs.RetrySame {
		return err
	}
	l.memory.heard(job, certain)
	if fault.Class == ecs.Terminal {
		return err
	}
	l.nextAttempt(job)
	return errRecorded
}

// nextAttempt follows an attempt that failed, after a pause if it was the last
// placement's.
func (l *Lifecycle) nextAttempt(job *v1alpha1.FargateJob) {
	failed, slots := job.Status.Attempt, ecs.Slots(job.Status.Resolved)
	l.recordAttempt(job)
	if failed%slots == 0 {
		job.Status.RetryTime = &metav1.Time{Time: l.now().Add(roundPause(failed / slots))}
	}
}

// roundPause is the wait after as many rounds over all placements.
func roundPause(rounds int32) time.Duration {
	pauses := roundPauses
	for ; rounds > 1 && pauses.Steps > 0; rounds-- {
		pauses.Step()
	}
	return pauses.Duration
}

// recordAttempt counts the attempt that the next advance makes.
func (l *Lifecycle) recordAttempt(job *v1alpha1.FargateJob) {
	job.Status.Attempt++
	job.Status.RetryTime = nil
	l.memory.begin(job)
}

func retryTime(job *v1alpha1.FargateJob) time.Time {
	if job.Status.RetryTime == nil {
		return time.Time{}
	}
	return job.Status.RetryTime.Time
}

func (l *Lifecycle) tell(reason string) {
	if l.Launched != nil {
		l.Launched(reason)
	}
}
