package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// The budgets per job from create to gone.
const (
	maxWrites   = 9.0
	maxAWSCalls = 3.5
)

// jobScript is what a job of a usual length runs.
const jobScript = "sleep 60"

// measureCalls counts what jobs cost the API server and AWS, with a start of
// 30 s and AWS's rate limits.
func measureCalls(ctx context.Context, b *bench) (lines []line, err error) {
	s, err := b.startStack(ctx, devstack.Options{
		Delays: localecs.Delays{
			Provisioning: 10 * time.Second, Pending: 20 * time.Second,
			Deactivating: time.Second, Stopping: time.Second, Deprovisioning: 10 * time.Second,
		},
		Throttle: true,
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	before, err := s.settledWrites(ctx)
	if err != nil {
		return nil, err
	}
	s.AWS.Reset()
	if err := s.live(ctx, manyJobs); err != nil {
		return nil, err
	}
	calls := s.AWS.Calls()
	after, err := s.settledWrites(ctx)
	if err != nil {
		return nil, err
	}
	for kind, count := range before {
		after[kind] -= count
	}
	lines = perJob("API server writes per job", after, maxWrites)
	return append(lines, perJob("AWS calls per job", calls, maxAWSCalls)...), nil
}

// live takes as many jobs from their creation to their end at the same time.
func (s *stack) live(ctx context.Context, count int) error {
	runner, err := s.runner(v1alpha1.DefaultClassName)
	if err != nil {
		return err
	}
	jobs, err := prepareJobs(ctx, runner, count)
	if err == nil {
		err = runJobs(ctx, jobs, jobScript)
	}
	err = errors.Join(err, cleanupJobs(context.WithoutCancel(ctx), jobs))
	if err != nil {
		return err
	}
	return s.awaitGone(ctx)
}

// perJob is a line for the sum of counts, and one for each.
func perJob(what string, counts map[string]int, limit float64) []line {
	var lines []line
	sum := 0
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		if counts[kind] == 0 {
			continue
		}
		sum += counts[kind]
		lines = append(lines, plain("  "+kind, number(float64(counts[kind])/manyJobs)))
	}
	total := atMost(fmt.Sprintf("%s, %d jobs", what, manyJobs), float64(sum)/manyJobs, limit, number)
	return append([]line{total}, lines...)
}
