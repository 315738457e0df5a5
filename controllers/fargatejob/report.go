package fargatejob

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/lifecycle"
)

// report writes events and metrics about what has changed, once for each
// change. An event is a write to the API server: a job that succeeds has one.
func (r *Reconciler) report(stored, job *v1alpha1.FargateJob) {
	if stored.Status.Attempt > 0 && job.Status.Attempt > stored.Status.Attempt {
		launched := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionLaunched)
		r.Events.Eventf(job, nil, corev1.EventTypeWarning, launched.Reason, "Launch", "%s; another attempt follows", launched.Message)
	}
	if job.Status.ReadyTime != nil && stored.Status.ReadyTime == nil {
		readySeconds.Observe(job.Status.ReadyTime.Sub(job.CreationTimestamp.Time).Seconds())
		r.Events.Eventf(job, nil, corev1.EventTypeNormal, v1alpha1.ReasonReady, "Connect",
			"task %s is reached at %s port %d", job.Status.Task.ARN, job.Status.Address.Host, job.Status.Address.Port)
	}
	if lifecycle.IsStalled(job) && !lifecycle.IsStalled(stored) {
		stalled := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionStalled)
		stalledTotal.WithLabelValues(stalled.Reason).Inc()
		r.Events.Eventf(job, nil, corev1.EventTypeWarning, stalled.Reason, "Stall", "%s", stalled.Message)
	}
}
