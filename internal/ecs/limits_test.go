package ecs

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/time/rate"
)

// emptied is a limiter of which one bucket has no token and gets none.
func emptied(bucketOf func(*limiter) *rate.Limiter) *limiter {
	l := newLimiter()
	bucketOf(l).SetBurst(0)
	return l
}

func TestLimiter_EmptyBucket_HoldsItsCallsAndNoOthers(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context, *Clients) error{
		"RunTask": func(ctx context.Context, c *Clients) error {
			_, err := c.Launch(ctx, testLaunch())
			return err
		},
		"StopTask": func(ctx context.Context, c *Clients) error { return c.Stop(ctx, testLocation, "arn", "enough") },
		"ListTasks": func(ctx context.Context, c *Clients) error {
			_, err := c.FindByOwner(ctx, testLocation, Owner{})
			return err
		},
	}
	for name, test := range map[string]struct {
		bucket func(*limiter) *rate.Limiter
		held   []string
	}{
		"of launches": {func(l *limiter) *rate.Limiter { return l.buckets["RunTask"][0] }, []string{"RunTask"}},
		"of changes":  {func(l *limiter) *rate.Limiter { return l.buckets["StopTask"][0] }, []string{"RunTask", "StopTask"}},
		"of reads":    {func(l *limiter) *rate.Limiter { return l.buckets["DescribeTasks"][0] }, []string{"ListTasks"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for operation, call := range calls {
				aws := &scripted{answers: []answer{started}}
				err := call(t.Context(), aws.clients(emptied(test.bucket)))
				held := slices.Contains(test.held, operation)
				if held != (err != nil) || held != (len(aws.asked) == 0) {
					t.Errorf("%s is held: %t, want %t; %v after %v", operation, err != nil, held, err, aws.asked)
				}
			}
		})
	}
}

func TestLimiter_EveryCallToECSAndEC2_HasABucket(t *testing.T) {
	t.Parallel()
	l := newLimiter()
	for _, service := range []string{"ECS", "EC2"} {
		for _, operation := range Operations()[service] {
			if len(l.buckets[operation]) == 0 {
				t.Errorf("%s is held to no bucket", operation)
			}
		}
	}
}

// A bucket outside the retry loop would let retries through for nothing.
func TestLoadConfig_TokenBucket_IsInsideTheRetryLoop(t *testing.T) {
	t.Parallel()
	config, err := (&Clients{}).loadConfig(t.Context(), account{region: testLocation.Region}, newLimiter())
	if err != nil {
		t.Fatal(err)
	}
	stack := middleware.NewStack("call", smithyhttp.NewStackRequest)
	retries := middleware.FinalizeMiddlewareFunc("Retry", nil)
	if err := stack.Finalize.Add(retries, middleware.After); err != nil {
		t.Fatal(err)
	}
	for _, option := range config.APIOptions {
		if err := option(stack); err != nil {
			t.Fatal(err)
		}
	}
	if steps := strings.Join(stack.Finalize.List(), " "); !strings.Contains(steps, "Retry "+tokenBucket) {
		t.Errorf("the steps of a call are %s, want a %s after Retry", steps, tokenBucket)
	}
}
