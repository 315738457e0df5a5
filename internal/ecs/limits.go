package ecs

import (
	"context"
	"fmt"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	"golang.org/x/time/rate"
)

// The buckets that AWS keeps per account and Region; all but the launches and
// registrations, which people wait for, are halved so that other users of the
// account get their share. Source: "Request throttling for the Amazon ECS API" in the ECS
// API reference, the Fargate service quotas, and "Request throttling for the
// Amazon EC2 API" in the EC2 API reference.
const (
	launchRate, launchBurst         = 20, 20 // Fargate RunTask: the same
	modifyRate, modifyBurst         = 20, 50 // RunTask, StopTask: 40/s, 100
	readRate, readBurst             = 10, 50 // DescribeTasks, ListTasks: 20/s, 100
	definitionRate, definitionBurst = 10, 25 // DescribeTaskDefinition: 20/s, 50
	registerRate, registerBurst     = 1, 20  // RegisterTaskDefinition: the same
	clusterRate, clusterBurst       = 10, 25 // DescribeClusters, a cluster resource read: 20/s, 50
	networkRate, networkBurst       = 5, 25  // each EC2 Describe action by id: 10/s, 50
)

// tokenBucket is the limiter's name in a client's stack.
const tokenBucket = "TokenBucket"

// limiter spends a token of ours for each call, including retries, before the
// call takes one of AWS's: waiting here is cheaper than being throttled.
type limiter struct {
	launches *rate.Limiter
	buckets  map[string][]*rate.Limiter
}

func newLimiter() *limiter {
	modify := rate.NewLimiter(modifyRate, modifyBurst)
	read := rate.NewLimiter(readRate, readBurst)
	launches := rate.NewLimiter(launchRate, launchBurst)
	return &limiter{launches: launches, buckets: map[string][]*rate.Limiter{
		"RunTask":                   {launches, modify},
		"StopTask":                  {modify},
		"DescribeTasks":             {read},
		"ListTasks":                 {read},
		"DescribeTaskDefinition":    {rate.NewLimiter(definitionRate, definitionBurst)},
		"RegisterTaskDefinition":    {rate.NewLimiter(registerRate, registerBurst)},
		"DescribeClusters":          {rate.NewLimiter(clusterRate, clusterBurst)},
		"DescribeNetworkInterfaces": {rate.NewLimiter(networkRate, networkBurst)},
		"DescribeSubnets":           {rate.NewLimiter(networkRate, networkBurst)},
		"DescribeSecurityGroups":    {rate.NewLimiter(networkRate, networkBurst)},
	}}
}

// install adds the limiter to the stack of an SDK client, inside its retry
// loop.
func (l *limiter) install(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc(tokenBucket, l.wait), "Retry", middleware.After)
}

func (l *limiter) wait(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
	for _, bucket := range l.buckets[awsmiddleware.GetOperationName(ctx)] {
		if bucket == l.launches && spendTurn(ctx) {
			continue
		}
		if err := bucket.Wait(ctx); err != nil {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, fmt.Errorf("waiting for the API's token bucket: %w", err)
		}
	}
	return next.HandleFinalize(ctx, in)
}
