package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// launch starts the task of the recorded attempt, unless this process knows what
// came of it: then the object does not show that yet, or a write failed.
func (l *Lifecycle) launch(ctx context.Context, job *v1alpha1.FargateJob) error {
	if job.Status.Task != nil || l.Now().Before(retryTime(job)) {
		return nil
	}
	attempt := l.attempts.of(job)
	if attempt.state == recorded || attempt.state == asked {
		if err := l.ask(ctx, job); err != nil {
			return err
		}
		attempt = l.attempts.of(job)
	}
	if attempt.state == launched {
		return l.accept(job, attempt.task)
	}
	return l.afterRefusal(ctx, job, attempt)
}

// ask asks ECS for the attempt's task and notes the answer. It may ask more than
// once for an attempt: the idempotency token makes ECS answer with the same
// task. It fails if the same question has to be asked again.
func (l *Lifecycle) ask(ctx context.Context, job *v1alpha1.FargateJob) error {
	launch := launchOf(job, l.Installation)
	// What keeps it from a turn keeps it from a launch too, which says so.
	if turn, err := l.ECS.LaunchTurn(ctx, launch); err == nil && turn.After(l.Now()) {
		return &waiting{until: turn}
	}
	l.searches.forget(keyOf(job)) // What it has not found may be there from now on.
	l.attempts.ask(job)
	task, err := l.ECS.Launch(ctx, launch)
	l.attempts.answer(job, task, err)
	var fault *ecs.Error
	switch {
	case err == nil:
		l.countLaunch(v1alpha1.ReasonLaunched)
		logStep(ctx, "Launched a task", job, nil, "task", task.ARN)
		return nil
	case !errors.As(err, &fault):
		return err
	}
	l.countLaunch(fault.Reason)
	logStep(ctx, "No task was launched", job, err, "reason", fault.Reason, "message", fault.Message)
	if fault.Class == ecs.RetrySame {
		l.noteFault(job, fault)
		return err
	}
	return nil
}

// accept takes a launched task into the status.
func (l *Lifecycle) accept(job *v1alpha1.FargateJob, task *v1alpha1.TaskStatus) error {
	job.Status.Task = task.DeepCopy()
	job.Status.RetryTime = nil
	l.watch(job)
	l.setCondition(job, v1alpha1.ConditionLaunched, metav1.ConditionTrue, v1alpha1.ReasonLaunched,
		fmt.Sprintf("ECS accepted task %s in attempt %d", task.ARN, job.Status.Attempt))
	l.setCondition(job, v1alpha1.ConditionAddressAssigned, metav1.ConditionUnknown, v1alpha1.ReasonAwaitingAddress, "the task does not run yet")
	return errRecorded
}

// afterRefusal makes way for the next attempt after a refusal, if another placement or
// a later time may help. If an earlier answer was lost, its task is searched for
// before.
func (l *Lifecycle) afterRefusal(ctx context.Context, job *v1alpha1.FargateJob, attempt attempt) error {
	l.noteFault(job, attempt.refusal)
	if attempt.refusal.Class == ecs.Terminal {
		return attempt.refusal
	}
	if attempt.mayHaveTask() {
		arns, settled, err := l.search(ctx, job)
		switch {
		case err != nil:
			return err
		case len(arns) > 0:
			task := &v1alpha1.TaskStatus{ARN: arns[0]}
			l.attempts.answer(job, task, nil)
			return l.accept(job, task)
		case !settled:
			return errSearching
		}
		l.attempts.clear(job)
	}
	l.nextAttempt(job)
	return errRecorded
}

// noteFault says in the status why there is no task.
func (l *Lifecycle) noteFault(job *v1alpha1.FargateJob, fault *ecs.Error) {
	l.setCondition(job, v1alpha1.ConditionLaunched, metav1.ConditionFalse, fault.Reason, fault.Message)
}

func launchOf(job *v1alpha1.FargateJob, installation string) ecs.Launch {
	return ecs.Launch{
		Template:     &job.Status.Resolved.TaskTemplate,
		SSHPublicKey: job.Spec.SSHPublicKey,
		Job:          job.Spec.Job,
		Owner:        ownerOf(job, installation),
		Namespace:    job.Namespace,
		Lifetime:     time.Duration(job.Spec.ActiveDeadlineSeconds) * time.Second,
		Attempt:      job.Status.Attempt,
	}
}

func ownerOf(job *v1alpha1.FargateJob, installation string) ecs.Owner {
	return ecs.Owner{Installation: installation, UID: string(job.UID)}
}

func (l *Lifecycle) countLaunch(reason string) {
	if l.Launched != nil {
		l.Launched(reason)
	}
}
