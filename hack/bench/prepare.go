package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// The budgets for the time from RUNNING until prepare returns.
const (
	maxMedianWait = 400 * time.Millisecond
	maxP95Wait    = time.Second
)

// manyJobs start together.
const manyJobs = 100

// measurePrepareOne runs one job after the other.
func measurePrepareOne(ctx context.Context, b *bench) (lines []line, err error) {
	const runs = 20
	s, err := b.startStack(ctx, devstack.Options{
		// PENDING lasts longer than the controller's interval for PROVISIONING,
		// as it does on Fargate, so that it has seen PENDING.
		Delays: localecs.Delays{Provisioning: 500 * time.Millisecond, Pending: 1200 * time.Millisecond},
		Images: map[string][]string{sleepImage: {"sleep"}},
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	var waits []time.Duration
	count := b.runsOr(runs)
	for i := range count {
		class, err := s.classWithDelay(ctx, i, delayRange*time.Duration(i)/time.Duration(count))
		if err != nil {
			return nil, err
		}
		more, err := s.prepareTogether(ctx, class, 1)
		if err != nil {
			return nil, err
		}
		waits = append(waits, more...)
	}
	return waitLines("1 job", waits), nil
}

// sleepImage is the image of a container that ends after a while, delayRange
// the range of these whiles.
const (
	sleepImage = "sleep"
	delayRange = time.Second
)

// classWithDelay creates a class whose tasks stay PENDING for longer, and
// returns its name. The controller looks at a task in intervals that begin with
// its launch: jobs whose tasks all take the same time would start running at
// the same point in an interval, and one figure would represent all.
func (s *stack) classWithDelay(ctx context.Context, index int, delay time.Duration) (string, error) {
	class := devstack.Class()
	class.Name = fmt.Sprintf("delay-%d", index)
	class.Spec.TaskDefinition = class.Name
	sleep := types.ContainerDefinition{
		Name: aws.String("delay"), Image: aws.String(sleepImage), Essential: aws.Bool(false),
		Command: []string{strconv.FormatFloat(delay.Seconds(), 'f', 3, 64)},
	}
	server := seed.Container(devstack.Image, devstack.Port)
	server.DependsOn = []types.ContainerDependency{{ContainerName: sleep.Name, Condition: types.ContainerConditionSuccess}}
	api, err := s.ECS(ctx)
	if err != nil {
		return "", err
	}
	if _, err := seed.TaskDefinition(ctx, api, class.Name, sleep, server); err != nil {
		return "", err
	}
	return class.Name, s.Client.Create(ctx, class)
}

// measurePrepareMany starts many jobs at the same time, and again.
func measurePrepareMany(ctx context.Context, b *bench) (lines []line, err error) {
	const runs = 3
	s, err := b.startStack(ctx, devstack.Options{
		// All executors wait when the first task runs, as they do with Fargate's
		// start of half a minute.
		Delays: localecs.Delays{Provisioning: 5 * time.Second, Pending: 10 * time.Second},
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	var waits []time.Duration
	for range b.runsOr(runs) {
		more, err := s.prepareTogether(ctx, v1alpha1.DefaultClassName, manyJobs)
		if err != nil {
			return nil, err
		}
		waits = append(waits, more...)
	}
	return waitLines(fmt.Sprintf("%d jobs together", manyJobs), waits), nil
}

// prepareTogether prepares jobs at the same time and returns how long each took
// from the moment that its task ran. The jobs are gone when it returns.
func (s *stack) prepareTogether(ctx context.Context, class string, count int) ([]time.Duration, error) {
	runner, err := s.runner(class)
	if err != nil {
		return nil, err
	}
	jobs, err := prepareJobs(ctx, runner, count)
	var waits []time.Duration
	if err == nil {
		waits, err = s.waits(ctx, jobs)
	}
	err = errors.Join(err, cleanupJobs(context.WithoutCancel(ctx), jobs))
	if err == nil {
		err = s.awaitGone(ctx)
	}
	return waits, err
}

func (s *stack) waits(ctx context.Context, jobs []*ciJob) ([]time.Duration, error) {
	running, err := s.runningSince(ctx)
	return each(jobs, func(job *ciJob) time.Duration { return job.prepared.Sub(running[job.id]) }), err
}

func waitLines(jobs string, waits []time.Duration) []line {
	return []line{
		atMost("RUNNING until prepare returns, "+jobs+", median", median(waits), maxMedianWait, milliseconds),
		atMost("RUNNING until prepare returns, "+jobs+", p95", percentile(waits, 95), maxP95Wait, milliseconds),
	}
}
