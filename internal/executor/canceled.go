package executor

import (
	"errors"
	"fmt"

	"github.com/fargate-operator/fargate-operator/internal/sshrun"
)

// canceledError says that a stage was canceled.
type canceledError struct {
	stage string
	err   error // the cause
	left  error // why something could not be undone, or nil
}

func (e *canceledError) Error() string {
	if e.left != nil {
		return fmt.Sprintf("%s was canceled: %v; %v", e.stage, e.err, e.left)
	}
	return fmt.Sprintf("%s was canceled: %v", e.stage, e.err)
}

func (e *canceledError) Unwrap() []error {
	if e.left != nil {
		return []error{e.err, e.left}
	}
	return []error{e.err}
}

// IsCancellation reports whether an error says no more than that its stage was
// canceled: nothing failed.
func IsCancellation(err error) bool {
	var script *sshrun.CanceledError
	var stage *canceledError
	return errors.As(err, &script) || errors.As(err, &stage) && stage.left == nil
}
