// Command fargate is what gitlab-runner's custom executor calls: it runs the
// jobs of a runner in AWS Fargate tasks of their own.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/fargate-operator/fargate-operator/internal/gitlab"
)

// A run stage has little memory in use and streams a lot through it: with
// gcPercent it collects garbage less often, as long as it stays below
// memoryLimit.
const (
	gcPercent   = 400
	memoryLimit = 24 << 20
)

func main() {
	// A pipe to the runner that breaks is an error of the write to it, which ends
	// a script in its task. By default it would end this process alone.
	signal.Ignore(syscall.SIGPIPE)
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	os.Exit(run(os.Args[1:], os.Environ()))
}

// run returns the code to exit with. What is wrong is told on stderr.
func run(args, environ []string) int {
	// A second signal changes nothing: the first one's work is bounded.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	launch, err := newLaunch(environ)
	if err == nil {
		err = launch.execute(ctx, args)
	}
	if err != nil && !isPlainExit(err) {
		fmt.Fprintln(os.Stderr, launch.explain(err))
	}
	code, err := launch.environment.Exit.Finish(err, ctx.Err() != nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, "fargate:", err)
	}
	return code
}

// explain words an error, for the job log in the colour of failures. What
// cleanup writes goes to the runner's own log.
func (l *launch) explain(err error) string {
	text := "fargate: " + err.Error()
	if l.inJobLog {
		return gitlab.Failure(text)
	}
	return text
}

// isPlainExit is true for a script that ended with a code of its own, of which
// the runner itself tells in the job log.
func isPlainExit(err error) bool {
	var failure *gitlab.BuildFailure
	return errors.As(err, &failure) && failure.Err == nil
}
