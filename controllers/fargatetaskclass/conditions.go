package fargatetaskclass

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// maxMessage is how many bytes of a message a condition takes. Source:
// Condition in k8s.io/apimachinery.
const maxMessage = 32768

// checks are all checks by the condition that tells of them. They only judge
// what was found and call nothing.
var checks = []struct {
	kind  string
	check func(*v1alpha1.TaskTemplate, *findings) outcome
}{
	{v1alpha1.ConditionClusterActive, checkCluster},
	{v1alpha1.ConditionCapacityDefined, checkCapacity},
	{v1alpha1.ConditionTaskDefinitionUsable, checkTaskDefinition},
	{v1alpha1.ConditionNetworkUsable, checkNetwork},
}

// judge makes all checks, in their order.
func judge(template *v1alpha1.TaskTemplate, f *findings) []outcome {
	outcomes := make([]outcome, len(checks))
	for i, c := range checks {
		outcomes[i] = c.check(template, f)
	}
	return outcomes
}

// summarize sets every condition from what was found, and returns why checks
// were left unanswered.
func summarize(class *v1alpha1.FargateTaskClass, f *findings) (unanswered []error) {
	class.Status.ObservedGeneration = class.Generation
	outcomes := judge(&class.Spec.TaskTemplate, f)
	ready := readiness(outcomes)
	setCondition(class, v1alpha1.ConditionReady, ready)
	setConditionIf(ready.status == metav1.ConditionUnknown, class, v1alpha1.ConditionReconciling, ready)
	setConditionIf(ready.status == metav1.ConditionFalse, class, v1alpha1.ConditionStalled, ready)
	for i, c := range checks {
		setCondition(class, c.kind, outcomes[i])
		if err := outcomes[i].unanswered; err != nil {
			unanswered = append(unanswered, err)
		}
	}
	return unanswered
}

// readiness tells of all checks that failed, else of all that were left
// unanswered.
func readiness(outcomes []outcome) outcome {
	for _, status := range []metav1.ConditionStatus{metav1.ConditionFalse, metav1.ConditionUnknown} {
		ready := outcome{status: status}
		var messages []string
		for _, o := range outcomes {
			if o.status != status {
				continue
			}
			if ready.reason == "" {
				ready.reason = o.reason
			}
			messages = append(messages, o.message)
		}
		if len(messages) > 0 {
			ready.message = strings.Join(messages, "; ")
			return ready
		}
	}
	return outcome{status: metav1.ConditionTrue, reason: v1alpha1.ReasonReady, message: "all checks passed"}
}

// setConditionIf sets a condition of kstatus, which is present only while it
// holds and then tells what Ready tells.
func setConditionIf(holds bool, class *v1alpha1.FargateTaskClass, kind string, ready outcome) {
	if !holds {
		meta.RemoveStatusCondition(&class.Status.Conditions, kind)
		return
	}
	ready.status = metav1.ConditionTrue
	setCondition(class, kind, ready)
}

// setCondition sets a condition of this generation.
func setCondition(class *v1alpha1.FargateTaskClass, kind string, o outcome) {
	meta.SetStatusCondition(&class.Status.Conditions, metav1.Condition{
		Type:               kind,
		Status:             o.status,
		ObservedGeneration: class.Generation,
		Reason:             o.reason,
		Message:            strings.ToValidUTF8(o.message[:min(len(o.message), maxMessage)], ""),
	})
}
