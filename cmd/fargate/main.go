// Command fargate is what gitlab-runner's custom executor calls: it runs each of
// a runner's jobs in its own AWS Fargate task.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

// A run stage uses little memory and streams a lot through it: gcPercent makes
// it collect garbage less often, as long as it stays below memoryLimit.
const (
	gcPercent   = 400
	memoryLimit = 24 << 20
)

func main() {
	// If the pipe to the runner breaks, the write to it fails, which also ends the
	// script in its task. By default it would only end this process.
	signal.Ignore(syscall.SIGPIPE)
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
	os.Exit(run(os.Args[1:], os.Environ()))
}

// run returns the code to exit with.
func run(args, environ []string) int {
	// A second signal changes nothing: what the first one started has a time limit.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	launch, err := newLaunch(environ, ctx.Done())
	if err == nil {
		err = launch.execute(ctx, args)
	}
	if err != nil && !launch.isTold(err) {
		launch.tell(err, ctx.Err() != nil)
	}
	code, err := launch.environment.Exit.Finish(err, ctx.Err() != nil)
	if err != nil {
		_, _ = fmt.Fprintln(launch.voice(), "fargate:", text.Lines(err))
	}
	return code
}
