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

// parentInterval is how often the parent is looked at.
const parentInterval = time.Second

// whileAwaited returns a context that ends when gitlab-runner is gone: when nobody
// reads the job log any more, or the process that has started this one has ended.
//
// The job log tells for certain. It is a pipe whose reading end the kernel
// closes with the runner, however early the runner ended and whatever was
// started in between. The parent tells where the job log is not a pipe. A process
// whose parent is init from the start has init as its parent, or was left before
// it looked: that is no evidence.
func whileAwaited(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	parent := os.Getppid()
	go func() {
		for ctx.Err() == nil {
			orphaned := parent > 1 && os.Getppid() != parent
			if orphaned || unread() {
				cancel(executor.ErrRunnerGone)
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

// unread waits until nobody can read the standard output any more, which it
// reports, or it is time to look at the parent.
func unread() bool {
	// Errors are reported without being asked for.
	fds := []unix.PollFd{{Fd: stdout}}
	n, err := unix.Poll(fds, int(parentInterval.Milliseconds()))
	return err == nil && n > 0
}
