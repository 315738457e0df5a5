package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/controlplane"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// guideJob is the sample job of the existing driver's guide.
var guideJob = fakerunner.Job{
	ID: 1, Name: "test", ProjectPath: "group/project", ProjectID: 1, PipelineID: 1, Ref: "main",
	Script: []string{`echo "It works!"`, `for i in $(seq 1 30); do echo "."; sleep 1; done`},
}

// delays make the local ECS take its time, if not as long as AWS does.
var delays = localecs.Delays{
	Provisioning: 2 * time.Second, Pending: 2 * time.Second, Deprovisioning: time.Second,
}

// goneWithin bounds the wait for the controller to stop the job's task.
const goneWithin = 30 * time.Second

func run(ctx context.Context, keep bool) (err error) {
	dir, err := os.MkdirTemp("", "fargate-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	say("Building the manager, the executor and the local ECS")
	if err := devstack.BuildPrograms(ctx, dir); err != nil {
		return err
	}
	kubectl, err := controlplane.BuildKubectl(ctx)
	if err != nil {
		return err
	}
	log, err := os.Create(filepath.Join(dir, "manager.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	stack, err := devstack.Start(ctx, devstack.Options{Programs: dir, Delays: delays, Log: log, Progress: say})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Stop()) }()

	if err := runJob(ctx, stack, kubectl, filepath.Join(dir, "builds")); err != nil {
		return fmt.Errorf("%w\n%s", err, tail(log.Name()))
	}
	if err := showNothingLeft(ctx, stack, kubectl); err != nil {
		return err
	}
	if keep {
		return keepRunning(ctx, stack, kubectl)
	}
	return nil
}

// runJob runs the guide's job and shows its object once the script runs.
func runJob(ctx context.Context, stack *devstack.Stack, kubectl, builds string) error {
	say("Running the guide's sample job as gitlab-runner does: config, prepare, run (once for each script), cleanup")
	runner := &fakerunner.Runner{Custom: fakerunner.Calling(stack.Executor(), stack.Config), BuildsDir: builds, Pause: time.Second}
	log := newJobLog(os.Stdout)
	log.onFirst("It works!", func() {
		log.command(ctx, kubectl, stack.Kubeconfig, "get", "fargatejobs", "--namespace", devstack.Namespace)
	})
	result := runner.Run(ctx, guideJob, log)
	log.wait()
	if result.Err != nil {
		return fmt.Errorf("the job failed: %w", result.Err)
	}
	say(fmt.Sprintf("Job succeeded, in %d launches of the executor", result.Launches))
	return nil
}

// showNothingLeft waits for the job's object and task to be gone.
func showNothingLeft(ctx context.Context, stack *devstack.Stack, kubectl string) error {
	var jobs v1alpha1.FargateJobList
	tasks := 0
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, goneWithin, true, func(ctx context.Context) (bool, error) {
		if err := stack.Client.List(ctx, &jobs, client.InNamespace(devstack.Namespace)); err != nil {
			return false, err
		}
		var err error
		tasks, err = stack.Tasks(ctx)
		return len(jobs.Items) == 0 && tasks == 0, err
	})
	if err != nil {
		return fmt.Errorf("%d objects and %d tasks are left %s after the job: %w", len(jobs.Items), tasks, goneWithin, err)
	}
	newJobLog(os.Stdout).command(ctx, kubectl, stack.Kubeconfig, "get", "fargatejobs", "--all-namespaces")
	say("Nothing is left: no object, no task")
	return nil
}

// keepRunning tells how to use the stack, until interrupted.
func keepRunning(ctx context.Context, stack *devstack.Stack, kubectl string) error {
	fmt.Printf(`
The stack keeps running. In another terminal:

  export KUBECONFIG=%s
  %s get fargatetaskclasses,fargatejobs --namespace %s

The executor's configuration for a runner is %s, the local ECS is at %s.
Press Ctrl-C to end it.
`, stack.Kubeconfig, kubectl, devstack.Namespace, stack.Config, stack.AWS.URL())
	<-ctx.Done()
	return nil
}

func say(what string) { fmt.Printf("\n\x1b[1m==> %s\x1b[0m\n", what) }

// tail is the end of a log, for people who want to know what went wrong.
func tail(file string) string {
	const lines = 4096
	data, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-lines):])
}
