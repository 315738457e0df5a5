package lifecycle

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// enforceActiveDeadline stalls a job that has lived too long.
func (l *Lifecycle) enforceActiveDeadline(_ context.Context, job *v1alpha1.FargateJob) error {
	if at := ActiveDeadline(job); !at.IsZero() && !l.Now().Before(at) {
		return Stallf(v1alpha1.ReasonActiveDeadlineExceeded,
			"the job has lived longer than its activeDeadlineSeconds of %d", job.Spec.ActiveDeadlineSeconds)
	}
	return nil
}

// enforceLaunchDeadline stalls a job without a task that did not get one in time.
func (l *Lifecycle) enforceLaunchDeadline(_ context.Context, job *v1alpha1.FargateJob) error {
	if job.Status.Task != nil {
		return nil
	}
	return l.checkLaunchDeadline(job)
}

// enforceReadyDeadline stalls a job whose task is not ready in time, by the
// latest look at it: what was read before may be as old as the queue is long.
func (l *Lifecycle) enforceReadyDeadline(ctx context.Context, job *v1alpha1.FargateJob) error {
	if job.Status.Task == nil {
		return nil
	}
	if _, seen := l.Observers.Latest(job.Status.Task.ARN); !seen {
		return nil // The first look wakes the job.
	}
	if status, _, _ := l.readiness(ctx, job); status == metav1.ConditionTrue {
		return nil
	}
	return l.checkLaunchDeadline(job)
}

func (l *Lifecycle) checkLaunchDeadline(job *v1alpha1.FargateJob) error {
	at := launchDeadline(job)
	if at.IsZero() || l.Now().Before(at) {
		return nil
	}
	reason, last := lastObstacle(job)
	return Stallf(reason, "the task was not ready %s after the job's creation: %s", at.Sub(job.CreationTimestamp.Time), last)
}

// lastObstacle is what the job waited for last.
func lastObstacle(job *v1alpha1.FargateJob) (reason, message string) {
	launched := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionLaunched)
	if launched != nil && launched.Status == metav1.ConditionFalse {
		switch launched.Reason {
		case v1alpha1.ReasonCapacityUnavailable, v1alpha1.ReasonQuotaExceeded:
			return launched.Reason, launched.Message
		}
	}
	if ready := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return v1alpha1.ReasonLaunchDeadlineExceeded, ready.Message
	}
	return v1alpha1.ReasonLaunchDeadlineExceeded, "its launch was not begun"
}

// launchDeadline is zero for a job that has been ready or has stalled.
func launchDeadline(job *v1alpha1.FargateJob) time.Time {
	if job.Status.ReadyTime != nil || IsStalled(job) {
		return time.Time{}
	}
	within := int32(v1alpha1.DefaultLaunchDeadlineSeconds)
	if template := job.Status.Resolved; template != nil {
		within = template.LaunchDeadlineSeconds
	}
	return job.CreationTimestamp.Add(time.Duration(within) * time.Second)
}

// ActiveDeadline is when a job's life has to end. It is zero for a job without
// an activeDeadlineSeconds and for one that has stalled.
func ActiveDeadline(job *v1alpha1.FargateJob) time.Time {
	if job.Spec.ActiveDeadlineSeconds == 0 || IsStalled(job) {
		return time.Time{}
	}
	return job.CreationTimestamp.Add(time.Duration(job.Spec.ActiveDeadlineSeconds) * time.Second)
}
