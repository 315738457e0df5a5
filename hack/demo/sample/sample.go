// Package sample is what the two halves of the demo share: the job, and how it is run.
package sample

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/fargate-operator/fargate-operator/hack/demo/show"
	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// Job is the sample job of the guide to GitLab's Fargate driver.
var Job = fakerunner.Job{
	ID: 1, Name: "test", ProjectPath: "group/project", ProjectID: 1, PipelineID: 1, Ref: "main",
	Script: []string{`echo "It works!"`, `for i in $(seq 1 30); do echo "."; sleep 1; done`},
}

// Delays make the local ECS take its time, but less than AWS does.
var Delays = localecs.Delays{
	Provisioning: 2 * time.Second, Pending: 2 * time.Second, Deprovisioning: time.Second,
}

// Run runs the job with the executor and a fargate.toml, and writes its log.
func Run(ctx context.Context, runner *fakerunner.Runner, log io.Writer) error {
	show.Step("Running the guide's sample job as gitlab-runner does: config, prepare, run (once for each script), cleanup")
	runner.Pause = time.Second
	result := runner.Run(ctx, Job, log)
	if result.Err != nil {
		return fmt.Errorf("the job failed: %w", result.Err)
	}
	show.Step(fmt.Sprintf("Job succeeded, in %d launches of the executor", result.Launches))
	return nil
}
