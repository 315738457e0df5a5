package lifecycle

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// enforceDeadlines stalls a job that did not become ready in time or has lived
// too long.
func (l *Lifecycle) enforceDeadlines(_ context.Context, job *v1alpha1.FargateJob) error {
	now := l.now()
	if at := ActiveDeadline(job); !at.IsZero() && !now.Before(at) {
		return Stallf(v1alpha1.ReasonActiveDeadlineExceeded,
			"the job has lived longer than its activeDeadlineSeconds of %d", job.Spec.ActiveDeadlineSeconds)
	}
	if at := launchDeadline(job); !at.IsZero() && !now.Before(at) {
		reason, last := lastObstacle(job)
		return Stallf(reason, "the task was not ready %s after the job's creation: %s", at.Sub(job.CreationTimestamp.Time), last)
	}
	return nil
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
