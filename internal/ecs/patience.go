package ecs

import (
	"errors"
	"time"
)

// denial tracks how long AWS has refused one kind of look at a task. The zero
// value means that the last one was not refused.
type denial struct {
	since time.Time
}

// believe returns the error unchanged, except one that waiting may not change,
// such as a missing permission: until that has lasted for some time, it counts
// as one that may pass.
func (d *denial) believe(err error, now time.Time, after time.Duration) error {
	var fault *Error
	if !errors.As(err, &fault) || fault.Class != Terminal {
		d.since = time.Time{}
		return err
	}
	if d.since.IsZero() {
		d.since = now
	}
	if now.Sub(d.since) >= after {
		return err
	}
	return &Error{Class: RetrySame, Reason: fault.Reason, Message: fault.Message, cause: fault.cause}
}

func isTerminal(err error) bool {
	var fault *Error
	return errors.As(err, &fault) && fault.Class == Terminal
}
