package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
)

// judge turns the outcome of a script into an error that says who failed.
func (e *Executor) judge(ctx context.Context, conn *connection, stage gitlab.Stage, err error) error {
	var exit *sshrun.ExitError
	var lost *sshrun.ConnectionLostError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &exit):
		return e.judgeExit(ctx, conn, stage, exit)
	case ctx.Err() == nil && (sshrun.IsUnsent(err) || errors.As(err, &lost)):
		return e.lost(conn, stage, e.fateOf(ctx, conn.job()), err)
	case ctx.Err() != nil && !IsCancellation(err):
		return &canceledError{stage: "stage " + stage.String(), err: err}
	default:
		_, _ = io.WriteString(e.Stderr, e.explainRefusal(ctx, conn.job(), err))
		if ctx.Err() != nil && !IsCancellation(err) { // while the log was read
			return &canceledError{stage: "stage " + stage.String(), err: err}
		}
		return fmt.Errorf("stage %s: %w", stage, err)
	}
}

// judgeExit decides whose fault a script's end is. A task that is being stopped
// sends signals to what runs in it: a script that ended by one of them may be
// innocent.
func (e *Executor) judgeExit(ctx context.Context, conn *connection, stage gitlab.Stage, exit *sshrun.ExitError) error {
	failure := &gitlab.BuildFailure{Code: exit.Code}
	if exit.Signal != "" {
		failure.Err = exit
	}
	if ctx.Err() != nil || !maySignalStop(exit) {
		return failure
	}
	fate := e.fateOf(ctx, conn.job())
	switch {
	case fate.end != nil:
		return e.lost(conn, stage, fate, exit)
	case fate.state == "":
		failure.Err = fmt.Errorf("%w; cannot tell whether its task is being stopped: %w", exit, fate.err)
	}
	return failure
}

// stopSignals are the signals that processes get when a task stops, with the
// codes that shells exit with for them. ECS sends SIGTERM, or the image's
// STOPSIGNAL, and then SIGKILL; a login session that ends may send SIGHUP.
var stopSignals = []stopSignal{{"HUP", 129}, {"INT", 130}, {"QUIT", 131}, {"KILL", 137}, {"TERM", 143}}

// maySignalStop is true for an end that a task's stop can cause.
func maySignalStop(exit *sshrun.ExitError) bool {
	return slices.ContainsFunc(stopSignals, func(signal stopSignal) bool {
		return exit.Signal == signal.name || exit.Signal == "" && exit.Code == signal.code
	})
}

type stopSignal struct {
	name string
	code int
}
