// Package fakerunner drives the executor stage binary the way gitlab-runner's
// custom executor does: the same command lines, environment, process groups,
// temporary directories, scripts, retries and order of stages. The demo and the
// end-to-end tests use it instead of gitlab-runner and GitLab.
package fakerunner

import (
	"context"
	"errors"
	"io"
	"time"
)

// prepareAttempts is how often config and prepare are tried after system
// failures. Source: executors/custom in gitlab-runner.
const prepareAttempts = 3

// Runner is a [[runners]] section whose executor is custom.
type Runner struct {
	Custom Custom
	// BuildsDir is where the job's working directories are, in the task.
	BuildsDir string
	// Env is added to the runner's own environment, as NAME=value.
	Env []string
	// Pause is the time between attempts to prepare; gitlab-runner waits 3 s.
	Pause time.Duration
}

// Job is what GitLab hands out.
type Job struct {
	ID          int64
	Name        string
	ProjectPath string
	ProjectID   int64
	PipelineID  int64
	Ref         string
	// Timeout of the job; an hour if zero.
	Timeout time.Duration
	// Script and AfterScript are lines for bash.
	Script      []string
	AfterScript []string
	// Artifacts adds the stage that uploads them.
	Artifacts bool
}

// Result is what the runner would report to GitLab.
type Result struct {
	// Err is nil if the job succeeded.
	Err error
	// Launches is how often the executable was started.
	Launches int
}

// Run runs a job to its end and writes its log. A canceled context cancels the
// job gracefully: the running stage gets SIGTERM, then after_script and cleanup
// still run.
func (r *Runner) Run(ctx context.Context, job Job, log io.Writer) Result {
	var result Result
	for attempt := 1; ; attempt++ {
		a, err := r.Begin(job, log)
		if err != nil {
			return Result{Err: err}
		}
		var prepared bool
		prepared, result.Err = a.run(ctx)
		a.Cleanup(context.WithoutCancel(ctx))
		result.Launches += a.Launches
		result.Err = errors.Join(result.Err, a.end())
		var system *SystemFailure
		if prepared || attempt == prepareAttempts || ctx.Err() != nil || !errors.As(result.Err, &system) {
			return result
		}
		select {
		case <-ctx.Done():
			return result
		case <-time.After(r.Pause):
		}
	}
}

// run takes an attempt through its stages, and reports whether it got as far as
// the first script.
func (a *Attempt) run(ctx context.Context) (prepared bool, err error) {
	if err := a.Config(ctx); err != nil {
		return false, err
	}
	if err := a.Prepare(ctx); err != nil {
		return false, err
	}
	for _, stage := range []string{"prepare_script", "get_sources"} {
		if err := a.Run(ctx, stage); err != nil {
			return true, err
		}
	}
	err = a.Run(ctx, "build_script")
	// What follows also runs for a job that failed or was canceled.
	rest := context.WithoutCancel(ctx)
	if len(a.job.AfterScript) > 0 {
		// Its failure does not change the job's.
		_ = a.Run(rest, "after_script")
	}
	if a.job.Artifacts && err == nil {
		err = a.Run(rest, "upload_artifacts_on_success")
	}
	return true, errors.Join(err, a.Run(rest, "cleanup_file_variables"))
}
