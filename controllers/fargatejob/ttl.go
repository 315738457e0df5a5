package fargatejob

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// expiry is when a stalled job has been kept long enough, and zero for other
// jobs.
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
