package doctor

import (
	"errors"
	"fmt"
	"slices"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// Level says how bad a Finding is.
type Level string

// The levels. A warning is something that may be wrong or could not be checked.
const (
	OK      Level = "OK"
	Warning Level = "WARN"
	Failure Level = "FAIL"
)

// Finding is the result of checking one thing that jobs need.
type Finding struct {
	Level Level
	// Subject is the thing, in a word or two.
	Subject string
	// What was found.
	What string
	// Why it matters and the exact Fix, usually a command. Empty if all is
	// well.
	Why, Fix string
}

// Failed reports whether one of the findings is a failure.
func Failed(findings []Finding) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Level == Failure })
}

func okf(subject, format string, args ...any) Finding {
	return Finding{Level: OK, Subject: subject, What: fmt.Sprintf(format, args...)}
}

func isDenied(err error) bool { return hasReason(err, v1alpha1.ReasonAccessDenied) }

func hasReason(err error, reason string) bool {
	var fault *ecs.Error
	return errors.As(err, &fault) && fault.Reason == reason
}
