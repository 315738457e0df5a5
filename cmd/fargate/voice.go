package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// The stages whose output is not all the same to gitlab-runner.
const (
	prepareStage = "prepare"
	runStage     = "run"
	cleanupStage = "cleanup"
)

// voice is where the program says what went wrong. The runner reads stdout and
// stderr separately: what prepare says goes one way, or its error could end up
// inside the section that it is below.
func (l *launch) voice() io.Writer {
	if l.stageName == prepareStage {
		return l.stdout
	}
	return l.stderr
}

// inJobLog is true if voice ends up in the job log. What cleanup writes goes to
// the runner's own log.
func (l *launch) inJobLog() bool { return l.stageName != "" && l.stageName != cleanupStage }

// tell says what went wrong, in the color of failures if it goes to the job log.
// A stage that somebody has canceled did not fail.
func (l *launch) tell(err error, interrupted bool) {
	said := "fargate: " + text.Lines(err)
	isFailure := !interrupted || !executor.IsCancellation(err)
	if l.inJobLog() && isFailure {
		said = gitlab.Failure(said)
	}
	if _, err := fmt.Fprintln(l.voice(), said); err != nil {
		_, _ = fmt.Fprintln(l.stderr, said)
	}
}

// isTold is true if nothing is left to say: the findings of a command have been
// printed, and of a script that exited with its own code the runner reports
// that, if it is told the code.
func (l *launch) isTold(err error) bool {
	var failure *gitlab.BuildFailure
	return errors.As(err, &failure) && failure.Err == nil && (l.stageName != runStage || l.environment.Exit.File != "")
}
