package classcheck

import (
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// Outcome is the result of one check.
type Outcome struct {
	// Condition is the condition of a FargateTaskClass that reports the check.
	Condition string
	// Status is True if the check passed, False if it found problems, and
	// Unknown if AWS did not answer or another check must pass first.
	Status metav1.ConditionStatus
	// Message reports all problems, and Reason is the reason of the first.
	Reason, Message string
	// Problems are what must be fixed, one by one.
	Problems []Problem
	// Unanswered is why AWS could not be asked; it is for the log.
	Unanswered error
}

// Problem is something to fix. Its message names the fix, and the fields as
// FargateTaskClass has them.
type Problem struct {
	Reason, Message string
}

func problemf(reason, format string, args ...any) Problem {
	return Problem{Reason: reason, Message: fmt.Sprintf(format, args...)}
}

func passed(format string, args ...any) Outcome {
	return Outcome{Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonPassed, Message: fmt.Sprintf(format, args...)}
}

// failed reports one or more problems.
func failed(problems ...Problem) Outcome {
	messages := make([]string, len(problems))
	for i, p := range problems {
		messages[i] = p.Message
	}
	return Outcome{
		Status: metav1.ConditionFalse, Reason: problems[0].Reason, Message: strings.Join(messages, "; "), Problems: problems,
	}
}

// refused separates the errors with which AWS answers the check from those that
// leave it unanswered. Errors are of package ecs.
func refused(err error) Outcome {
	reason := v1alpha1.ReasonCheckFailed
	var fault *ecs.Error
	if errors.As(err, &fault) {
		switch fault.Reason {
		case v1alpha1.ReasonTaskDefinitionNotFound, v1alpha1.ReasonInvalidParameter:
			return failed(Problem{Reason: fault.Reason, Message: fault.Message})
		case v1alpha1.ReasonAccessDenied:
			reason = fault.Reason
		}
	}
	return Outcome{Status: metav1.ConditionUnknown, Reason: reason, Message: err.Error(), Unanswered: err}
}

// counted is "subnet a" or "subnets a, b".
func counted(noun string, names []string) string {
	if len(names) != 1 {
		noun += "s"
	}
	return noun + " " + text.List(names)
}
