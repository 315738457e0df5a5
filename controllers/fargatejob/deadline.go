package fargatejob

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// defaultLaunchDeadline bounds a job whose class could not be read.
const defaultLaunchDeadline = 10 * time.Minute

// enforceDeadlines stalls a job that did not become ready in time or has lived
// too long.
func (r *Reconciler) enforceDeadlines(_ context.Context, job *v1alpha1.FargateJob) error {
	now := time.Now()
	if at := activeDeadline(job); !at.IsZero() && !now.Before(at) {
		return stallf(v1alpha1.ReasonActiveDeadlineExceeded,
			"the job has lived longer than its activeDeadlineSeconds of %d", job.Spec.ActiveDeadlineSeconds)
	}
	if at := launchDeadline(job); !at.IsZero() && !now.Before(at) {
		reason, last := lastObstacle(job)
		return stallf(reason, "the task was not ready %s after the job's creation: %s", at.Sub(job.CreationTimestamp.Time), last)
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
	return v1alpha1.ReasonLaunchDeadlineExceeded, "the controller did not get to it"
}

// launchDeadline is zero for a job that has been ready or has stalled.
func launchDeadline(job *v1alpha1.FargateJob) time.Time {
	if job.Status.ReadyTime != nil || isStalled(job) {
		return time.Time{}
	}
	within := defaultLaunchDeadline
	if template := job.Status.Resolved; template != nil {
		within = time.Duration(template.LaunchDeadlineSeconds) * time.Second
	}
	return job.CreationTimestamp.Add(within)
}

// activeDeadline is zero for a job without one or that has stalled.
func activeDeadline(job *v1alpha1.FargateJob) time.Time {
	if job.Spec.ActiveDeadlineSeconds == 0 || isStalled(job) {
		return time.Time{}
	}
	return job.CreationTimestamp.Add(time.Duration(job.Spec.ActiveDeadlineSeconds) * time.Second)
}

// expiry is when a stalled job has been kept long enough, zero for others.
func expiry(job *v1alpha1.FargateJob) time.Time {
	stalled := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionStalled)
	if stalled == nil || stalled.Status != metav1.ConditionTrue || job.Spec.TTLSecondsAfterStalled == nil {
		return time.Time{}
	}
	return stalled.LastTransitionTime.Add(time.Duration(*job.Spec.TTLSecondsAfterStalled) * time.Second)
}

func expired(job *v1alpha1.FargateJob, now time.Time) bool {
	at := expiry(job)
	return !at.IsZero() && !now.Before(at)
}
