package fargatetaskclass

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// report records an event when Ready becomes True or False. Unknown says
// nothing about the class, so it gets no event.
func (r *Reconciler) report(stored, class *v1alpha1.FargateTaskClass) {
	ready := meta.FindStatusCondition(class.Status.Conditions, v1alpha1.ConditionReady)
	if meta.IsStatusConditionPresentAndEqual(stored.Status.Conditions, v1alpha1.ConditionReady, ready.Status) {
		return
	}
	switch ready.Status {
	case metav1.ConditionTrue:
		r.event(class, corev1.EventTypeNormal, v1alpha1.ReasonReady, ready.Message)
	case metav1.ConditionFalse:
		r.event(class, corev1.EventTypeWarning, v1alpha1.ReasonNotReady, ready.Message)
	}
}

func (r *Reconciler) event(class *v1alpha1.FargateTaskClass, kind, reason, note string) {
	r.Events.Eventf(class, nil, kind, reason, "Check", "%s", note)
}
