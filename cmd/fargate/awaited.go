package main

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/internal/executor"
)

// stdout is the descriptor of the standard output.
const stdout = 1

// runnerWatch notices that gitlab-runner is gone.
type runnerWatch struct {
	output   int32         // the descriptor that gitlab-runner reads
	parent   func() int    // returns the parent's process id
	interval time.Duration // between two looks at the parent; tests shorten it
}

// whileAwaited returns a context that ends when gitlab-runner is gone: when nobody
// reads the job log any more, or the process that has started this one has ended.
//
// The job log tells for certain. It is a pipe whose reading end the kernel
// closes with the runner, however early the runner ended and whatever was
// started in between. The parent tells where the job log is not a pipe. A process
// whose parent is init from the start has init as its parent, or was left before
// it looked: that is no evidence.
func whileAwaited(ctx context.Context) (context.Context, context.CancelFunc) {
	return runnerWatch{output: stdout, parent: os.Getppid, interval: time.Second}.start(ctx)
}

func (w runnerWatch) start(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	parent := w.parent()
	go func() {
		for ctx.Err() == nil {
			orphaned := parent > 1 && w.parent() != parent
			if orphaned || w.unread() {
				cancel(executor.ErrRunnerGone)
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

// unread waits until nobody can read the output any more, which it reports, or it
// is time to look at the parent.
func (w runnerWatch) unread() bool {
	// Errors are reported without being asked for.
	fds := []unix.PollFd{{Fd: w.output}}
	n, err := unix.Poll(fds, int(w.interval.Milliseconds()))
	return err == nil && n > 0
}
