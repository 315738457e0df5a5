package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
)

// describedAtOnce is how many tasks DescribeTasks takes.
const describedAtOnce = 100

// goneWithin bounds the wait for all objects to be gone.
const goneWithin = 2 * time.Minute

// stack is a devstack with what the figures need.
type stack struct {
	*devstack.Stack
	builds string
}

// startStack starts a stack with the programs and the options given.
func (b *bench) startStack(ctx context.Context, options devstack.Options) (*stack, error) {
	options.Programs, options.Log = b.programs(), b.managerLog
	builds, err := b.newDir()
	if err != nil {
		return nil, err
	}
	started, err := devstack.Start(ctx, options)
	if err != nil {
		return nil, err
	}
	return &stack{Stack: started, builds: builds}, nil
}

// runner returns a runner whose jobs use a class.
func (s *stack) runner(class string) (*fakerunner.Runner, error) {
	config, err := s.ConfigFor(class)
	if err != nil {
		return nil, err
	}
	return &fakerunner.Runner{Custom: fakerunner.Calling(s.Executor(), config), BuildsDir: s.builds}, nil
}

// runningSince returns when ECS says that each job's task started running, by
// the job's id.
func (s *stack) runningSince(ctx context.Context) (map[int64]time.Time, error) {
	jobs, err := s.jobs(ctx)
	if err != nil {
		return nil, err
	}
	byTask := map[string]int64{}
	arns := make([]string, 0, len(jobs))
	for i := range jobs {
		if jobs[i].Status.Task == nil {
			return nil, fmt.Errorf("FargateJob %s has no task", jobs[i].Name)
		}
		arns = append(arns, jobs[i].Status.Task.ARN)
		byTask[jobs[i].Status.Task.ARN] = jobs[i].Spec.Job.ID
	}
	api, err := s.ECS(ctx)
	if err != nil {
		return nil, err
	}
	since := map[int64]time.Time{}
	for start := 0; start < len(arns); start += describedAtOnce {
		out, err := api.DescribeTasks(ctx, &ecs.DescribeTasksInput{
			Cluster: aws.String(devstack.Cluster), Tasks: arns[start:min(start+describedAtOnce, len(arns))],
		})
		if err != nil {
			return nil, err
		}
		for i := range out.Tasks {
			since[byTask[aws.ToString(out.Tasks[i].TaskArn)]] = aws.ToTime(out.Tasks[i].StartedAt)
		}
	}
	return since, nil
}

func (s *stack) jobs(ctx context.Context) ([]v1alpha1.FargateJob, error) {
	var list v1alpha1.FargateJobList
	if err := s.Client.List(ctx, &list, client.InNamespace(devstack.Namespace)); err != nil {
		return nil, err
	}
	return list.Items, nil
}

// awaitGone waits until no FargateJob is left.
func (s *stack) awaitGone(ctx context.Context) error {
	left := 0
	err := wait.PollUntilContextTimeout(ctx, 50*time.Millisecond, goneWithin, true, func(ctx context.Context) (bool, error) {
		jobs, err := s.jobs(ctx)
		left = len(jobs)
		return left == 0, err
	})
	if err != nil {
		return fmt.Errorf("%d FargateJobs are left: %w", left, err)
	}
	return nil
}
