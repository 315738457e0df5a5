package fargatetaskclass

import (
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// outcome is what became of one check.
type outcome struct {
	status          metav1.ConditionStatus
	reason, message string
	// unanswered is why AWS could not be asked; it is for the log.
	unanswered error
}

// problem is something to mend. Its message names the fix.
type problem struct {
	reason, message string
}

func problemf(reason, format string, args ...any) problem {
	return problem{reason: reason, message: fmt.Sprintf(format, args...)}
}

func passed(format string, args ...any) outcome {
	return outcome{status: metav1.ConditionTrue, reason: v1alpha1.ReasonPassed, message: fmt.Sprintf(format, args...)}
}

// failed tells of one problem or more, under the reason of the first.
func failed(problems ...problem) outcome {
	messages := make([]string, len(problems))
	for i, p := range problems {
		messages[i] = p.message
	}
	return outcome{status: metav1.ConditionFalse, reason: problems[0].reason, message: strings.Join(messages, "; ")}
}

// refused tells apart the errors with which AWS answers the check from those
// that leave it unanswered. Errors are of package ecs.
func refused(err error) outcome {
	reason := v1alpha1.ReasonCheckFailed
	var fault *ecs.Error
	if errors.As(err, &fault) {
		switch fault.Reason {
		case v1alpha1.ReasonTaskDefinitionNotFound, v1alpha1.ReasonInvalidParameter:
			return failed(problem{reason: fault.Reason, message: fault.Message})
		case v1alpha1.ReasonAccessDenied:
			reason = fault.Reason
		}
	}
	return outcome{status: metav1.ConditionUnknown, reason: reason, message: err.Error(), unanswered: err}
}

// counted is "subnet a" or "subnets a, b".
func counted(noun string, names []string) string {
	if len(names) != 1 {
		noun += "s"
	}
	return noun + " " + listed(names)
}

func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
