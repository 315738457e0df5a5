package localecs

import (
	"time"

	"golang.org/x/time/rate"
)

// bucket names a token bucket that an account's calls in a Region share. The
// empty name means no limit.
type bucket string

const (
	bucketModify             bucket = "cluster resource modify"
	bucketRead               bucket = "cluster resource read"
	bucketRegisterDefinition bucket = "register and deregister task definition"
	bucketReadDefinition     bucket = "describe and list task definitions"
	bucketTag                bucket = "tag resource"
	bucketFargateOnDemand    bucket = "Fargate On-Demand task launches"
	bucketFargateSpot        bucket = "Fargate Spot task launches"
	bucketFargateRunTask     bucket = "Fargate RunTask calls"
	bucketInterfacesFiltered bucket = "EC2 DescribeNetworkInterfaces with filter or pagination"
	bucketInterfaces         bucket = "EC2 DescribeNetworkInterfaces"
)

// limits are a new account's rates, from the ECS developer guide ("Request
// throttling for the Amazon ECS API", "Fargate throttling quotas") and the EC2
// developer guide ("Request throttling for the Amazon EC2 API").
var limits = map[bucket]struct {
	perSecond rate.Limit
	burst     int
}{
	bucketModify:             {40, 100},
	bucketRead:               {20, 100},
	bucketRegisterDefinition: {1, 20},
	bucketReadDefinition:     {20, 50},
	bucketTag:                {10, 20},
	bucketFargateOnDemand:    {20, 100},
	bucketFargateSpot:        {20, 100},
	bucketFargateRunTask:     {20, 20},
	bucketInterfacesFiltered: {20, 100},
	bucketInterfaces:         {10, 50},
}

// ecsBuckets says which bucket an ECS action draws from. RunTask also draws from
// the Fargate buckets.
var ecsBuckets = map[string]bucket{
	"RunTask":                  bucketModify,
	"StopTask":                 bucketModify,
	"DescribeTasks":            bucketRead,
	"ListTasks":                bucketRead,
	"RegisterTaskDefinition":   bucketRegisterDefinition,
	"DeregisterTaskDefinition": bucketRegisterDefinition,
	"DescribeTaskDefinition":   bucketReadDefinition,
	"ListTaskDefinitions":      bucketReadDefinition,
	"TagResource":              bucketTag,
}

// throttle holds the account's buckets. A nil map of limiters allows everything.
type throttle struct {
	limiters map[bucket]*rate.Limiter
}

func newThrottle(enabled bool) *throttle {
	if !enabled {
		return &throttle{}
	}
	limiters := make(map[bucket]*rate.Limiter, len(limits))
	for name, limit := range limits {
		limiters[name] = rate.NewLimiter(limit.perSecond, limit.burst)
	}
	return &throttle{limiters: limiters}
}

// allow takes tokens from the bucket, or reports that there are too few.
func (t *throttle) allow(name bucket, tokens int, now time.Time) bool {
	limiter, limited := t.limiters[name]
	return !limited || limiter.AllowN(now, tokens)
}
