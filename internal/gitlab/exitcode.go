package gitlab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"github.com/fargate-operator/fargate-operator/internal/atomicfile"
)

// The runner's own defaults, for a process that it did not start.
const (
	defaultBuildFailure  = 1
	defaultSystemFailure = 2
)

// maxExitCode is the highest exit code of a process.
const maxExitCode = 255

// BuildFailure says that the user's script failed: the job's fault, never
// retried by the runner. Every other error is a system failure.
type BuildFailure struct {
	// Code is the script's exit code.
	Code int
	// Err says more than the code, for example which signal ended the script;
	// nil if there is nothing more to say.
	Err error
}

func (e *BuildFailure) Error() string {
	if e.Err != nil {
		return e.Err.Error()
	}
	return fmt.Sprintf("the script exited with code %d", e.Code)
}

func (e *BuildFailure) Unwrap() error { return e.Err }

// ExitCodes are the codes with which the runner wants the process to end.
type ExitCodes struct {
	BuildFailure  int // the user's script failed
	SystemFailure int // anything else failed
	// File receives the script's own exit code, which makes
	// allow_failure:exit_codes work. Empty with runners before 17.9.
	File string
}

// RemoveStale removes the file that an earlier stage of the same attempt may
// have left. The runner never does, and would report its number for a later
// stage. Call it at the start of every launch.
func (c ExitCodes) RemoveStale() error {
	if c.File == "" {
		return nil
	}
	if err := os.Remove(c.File); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the exit code of an earlier stage, check that the runner's temporary folder is writable: %w", err)
	}
	return nil
}

// Finish returns the code with which the process must exit for err, and writes
// the script's own code for the runner. Its error is to be logged; the code
// holds all the same.
//
// interrupted tells that the process got a signal: then the code is never 0,
// which would let a cancelled job go on and succeed.
func (c ExitCodes) Finish(err error, interrupted bool) (int, error) {
	var failure *BuildFailure
	switch {
	case err == nil && !interrupted:
		return 0, nil
	case errors.As(err, &failure) && !interrupted:
		return c.BuildFailure, c.writeFile(failure.Code)
	default:
		return c.SystemFailure, nil
	}
}

// writeFile writes the script's exit code. The runner reads the file only after
// the process has ended, but a full disk must not leave half a number.
func (c ExitCodes) writeFile(code int) error {
	if c.File == "" {
		return nil
	}
	if err := atomicfile.Replace(c.File, []byte(strconv.Itoa(reportable(code)))); err != nil {
		return fmt.Errorf("telling the runner the script's exit code %d, it will show its default instead: %w", code, err)
	}
	return nil
}

// reportable makes a failure's code one that a process can have and that is not
// success.
func reportable(code int) int {
	if code < 1 || code > maxExitCode {
		return maxExitCode
	}
	return code
}
