package fargatetaskclass

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/classcheck"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// maxMessage is how many bytes a condition's message can have. Source:
// Condition in k8s.io/apimachinery.
const maxMessage = 32768

// summarize sets every condition from what was found, and returns why checks
// were left unanswered.
func summarize(class *v1alpha1.FargateTaskClass, f *classcheck.Findings) (unanswered []error) {
	class.Status.ObservedGeneration = class.Generation
	outcomes := classcheck.Judge(&class.Spec.TaskTemplate, f)
	ready := readiness(outcomes)
	setCondition(class, v1alpha1.ConditionReady, ready)
	setConditionIf(ready.Status == metav1.ConditionUnknown, class, v1alpha1.ConditionReconciling, ready)
	setConditionIf(ready.Status == metav1.ConditionFalse, class, v1alpha1.ConditionStalled, ready)
	for _, o := range outcomes {
		setCondition(class, o.Condition, o)
		if o.Unanswered != nil {
			unanswered = append(unanswered, o.Unanswered)
		}
	}
	return unanswered
}

// readiness reports all checks that failed, or else all that were left
// unanswered.
func readiness(outcomes []classcheck.Outcome) classcheck.Outcome {
	for _, status := range []metav1.ConditionStatus{metav1.ConditionFalse, metav1.ConditionUnknown} {
		ready := classcheck.Outcome{Status: status}
		var messages []string
		for _, o := range outcomes {
			if o.Status != status {
				continue
			}
			if ready.Reason == "" {
				ready.Reason = o.Reason
			}
			messages = append(messages, o.Message)
		}
		if len(messages) > 0 {
			ready.Message = strings.Join(messages, "; ")
			return ready
		}
	}
	return classcheck.Outcome{Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReady, Message: "all checks passed"}
}

// setConditionIf sets a condition of kstatus, which is present only while it
// holds and then has the reason and message of Ready.
func setConditionIf(holds bool, class *v1alpha1.FargateTaskClass, kind string, ready classcheck.Outcome) {
	if !holds {
		meta.RemoveStatusCondition(&class.Status.Conditions, kind)
		return
	}
	ready.Status = metav1.ConditionTrue
	setCondition(class, kind, ready)
}

// setCondition sets a condition for this generation.
func setCondition(class *v1alpha1.FargateTaskClass, kind string, o classcheck.Outcome) {
	meta.SetStatusCondition(&class.Status.Conditions, metav1.Condition{
		Type:               kind,
		Status:             o.Status,
		ObservedGeneration: class.Generation,
		Reason:             o.Reason,
		Message:            text.AbridgeBytes(o.Message, maxMessage),
	})
}
