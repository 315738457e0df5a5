package fargatejob

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// maxNote is how many bytes of a note an event takes. Source: Event in
// k8s.io/api/events/v1.
const maxNote = 1024

// report tells people and metrics what has changed, once for each change. An
// event is a write to the API server: a job that fares well has one.
func (r *Reconciler) report(stored, job *v1alpha1.FargateJob) {
	if stored.Status.Attempt > 0 && job.Status.Attempt > stored.Status.Attempt {
		launched := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionLaunched)
		r.event(job, corev1.EventTypeWarning, v1alpha1.ReasonRetrying, "Launch", launched.Message)
	}
	if job.Status.ReadyTime != nil && stored.Status.ReadyTime == nil {
		readySeconds.Observe(job.Status.ReadyTime.Sub(job.CreationTimestamp.Time).Seconds())
		r.event(job, corev1.EventTypeNormal, v1alpha1.ReasonReady, "Connect",
			fmt.Sprintf("task %s is reached at %s port %d", job.Status.Task.ARN, job.Status.Address.Host, job.Status.Address.Port))
	}
	if isStalled(job) && !isStalled(stored) {
		stalled := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionStalled)
		stalledTotal.WithLabelValues(stalled.Reason).Inc()
		r.event(job, corev1.EventTypeWarning, stalled.Reason, "Stall", stalled.Message)
	}
}

func (r *Reconciler) event(job *v1alpha1.FargateJob, kind, reason, action, note string) {
	r.Events.Eventf(job, nil, kind, reason, action, "%s", strings.ToValidUTF8(note[:min(len(note), maxNote)], ""))
}
