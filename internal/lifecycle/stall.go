package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// errRecorded ends an advance whose result has to be written down before the
// next step.
var errRecorded = errors.New("recorded, to be continued")

// isFault reports whether an advance ended because something went wrong.
func isFault(err error) bool {
	return err != nil && !errors.Is(err, errRecorded) && !errors.Is(err, errSearching) && !isWaiting(err)
}

// waiting ends an advance that has to go on at a known time.
type waiting struct{ until time.Time }

func (w *waiting) Error() string { return "waiting until " + w.until.Format(time.RFC3339Nano) }

func isWaiting(err error) bool {
	var wait *waiting
	return errors.As(err, &wait)
}

// stalling is an error that no retry will fix.
type stalling struct {
	reason  string
	message string
	cause   error // AWS's, or nil
}

func (s *stalling) Unwrap() error { return s.cause }

func (s *stalling) Error() string { return s.message }

// Stallf returns an error that stalls a job: no retry will fix what it says. The
// reason is one of the API package's.
func Stallf(reason, format string, args ...any) error {
	return &stalling{reason: reason, message: fmt.Sprintf(format, args...)}
}

// stallOrRetry decides what an error means. A job that stalls gives up its task
// first: if that cannot be done now, the job does not stall yet.
func (l *Lifecycle) stallOrRetry(ctx context.Context, job *v1alpha1.FargateJob, err error) error {
	var fault *ecs.Error
	if errors.As(err, &fault) && fault.Class == ecs.Terminal {
		err = &stalling{reason: fault.Reason, message: fault.Message, cause: err}
	}
	var stall *stalling
	if !errors.As(err, &stall) {
		return err
	}
	stop := l.giveUp(ctx, job, stall.message)
	logStep(ctx, "The job stalls", job, err, "task", taskOf(job), "reason", stall.reason, "message", stall.message)
	if errors.As(stop, &fault) && fault.Class == ecs.Terminal {
		return &stalling{reason: stall.reason, message: fmt.Sprintf("%s; the task could not be stopped: %s", stall.message, fault.Message)}
	}
	if stop != nil {
		return stop
	}
	return stall
}

// giveUp stops the job's task, also one that is not written down.
func (l *Lifecycle) giveUp(ctx context.Context, job *v1alpha1.FargateJob, reason string) error {
	if job.Status.Resolved == nil {
		return nil
	}
	if job.Status.Task == nil {
		arns, _, err := l.tasksOf(ctx, job)
		if err != nil {
			return err
		}
		if len(arns) == 0 {
			return nil
		}
		job.Status.Task = &v1alpha1.TaskStatus{ARN: arns[0]}
	}
	if job.Status.Task.DesiredStatus == ecs.Stopped {
		return nil
	}
	return l.stop(ctx, job, job.Status.Task.ARN, reason)
}

// stop asks ECS to stop a task of the job.
func (l *Lifecycle) stop(ctx context.Context, job *v1alpha1.FargateJob, arn, reason string) error {
	err := l.ECS.Stop(ctx, ecs.LocationOf(&job.Status.Resolved.TaskTemplate), arn, reason)
	if err != nil {
		logStep(ctx, "The task could not be stopped", job, err, "task", arn, "message", err.Error())
		return err
	}
	logStep(ctx, "Stopped the task", job, nil, "task", arn, "reason", reason)
	return nil
}

// taskOf is the ARN of the job's task, empty if it has none.
func taskOf(job *v1alpha1.FargateJob) string {
	if job.Status.Task == nil {
		return ""
	}
	return job.Status.Task.ARN
}

// IsStalled reports whether nothing will change about a job by waiting.
func IsStalled(job *v1alpha1.FargateJob) bool {
	return meta.IsStatusConditionTrue(job.Status.Conditions, v1alpha1.ConditionStalled)
}
