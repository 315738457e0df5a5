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
	"github.com/fargate-operator/fargate-operator/hack/demo/sample"
	"github.com/fargate-operator/fargate-operator/hack/demo/show"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
)

// goneWithin bounds the wait for the controller to stop the job's task.
const goneWithin = 30 * time.Second

// options are the arguments.
type options struct {
	// programs is a directory with the manager, the executor and the local ECS.
	programs string
	// kubectl is a program.
	kubectl string
	// keep leaves everything running after the job, until interrupted.
	keep bool
}

func run(ctx context.Context, o options) (err error) {
	dir, err := os.MkdirTemp("", "fargate-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	log, err := os.Create(filepath.Join(dir, "manager.log"))
	if err != nil {
		return err
	}
	defer log.Close()
	stack, err := devstack.Start(ctx, devstack.Options{Programs: o.programs, Delays: sample.Delays, Log: log, Progress: show.Step})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Stop()) }()

	if err := runJob(ctx, stack, o.kubectl, filepath.Join(dir, "builds")); err != nil {
		return fmt.Errorf("%w\n%s", err, tail(log.Name()))
	}
	if err := showNothingLeft(ctx, stack, o.kubectl); err != nil {
		return err
	}
	if o.keep {
		return keepRunning(ctx, stack, o.kubectl)
	}
	return nil
}

// runJob runs the sample job and shows its object once the script runs.
func runJob(ctx context.Context, stack *devstack.Stack, kubectl, builds string) error {
	runner := &fakerunner.Runner{Custom: fakerunner.Calling(stack.Executor(), stack.Config), BuildsDir: builds}
	log := newJobLog(os.Stdout)
	log.onFirst("It works!", func() {
		log.command(ctx, kubectl, stack.Kubeconfig, "get", "fargatejobs", "--namespace", devstack.Namespace)
	})
	err := sample.Run(ctx, runner, log)
	log.wait()
	return err
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
	show.Step("Nothing is left: no object, no task")
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

// tail is the end of a log, for people who want to know what went wrong.
func tail(file string) string {
	const lines = 4096
	data, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return string(data[max(0, len(data)-lines):])
}
