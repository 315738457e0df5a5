package ecs

import (
	"context"
	"errors"
	"reflect"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/prometheus/client_golang/prometheus"
)

// The results of a call. AWS's own error codes are in the log and in the
// objects' conditions; a label has to have few values.
const (
	resultOK          = "ok"
	resultDenied      = "denied"
	resultThrottled   = "throttled"
	resultFailed      = "failed"
	resultRefused     = "refused"
	resultUnreachable = "unreachable"
)

// callsTotal counts what AWS was asked.
var callsTotal = newCallsTotal()

// newCallsTotal has a counter for each call that this package makes, beginning
// at zero: a series that begins with its first event hides that event from
// rate().
func newCallsTotal() *prometheus.CounterVec {
	total := prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "fargate_operator",
		Subsystem: "aws",
		Name:      "calls_total",
		Help: "Calls to AWS, retries included, by service, operation and result: ok; denied (credentials or permissions), " +
			"throttled, failed (on AWS's side), refused (any other error that AWS answers with) or unreachable (no answer).",
	}, []string{"service", "operation", "result"})
	for service, apis := range map[string][]reflect.Type{
		"ECS": {reflect.TypeFor[tasksAPI](), reflect.TypeFor[clustersAPI]()},
		"EC2": {reflect.TypeFor[interfacesAPI](), reflect.TypeFor[networksAPI]()},
		"STS": {reflect.TypeFor[stscreds.AssumeRoleAPIClient](), reflect.TypeFor[stscreds.AssumeRoleWithWebIdentityAPIClient]()},
	} {
		for _, api := range apis {
			for i := range api.NumMethod() {
				for _, result := range []string{resultOK, resultDenied, resultThrottled, resultFailed, resultRefused, resultUnreachable} {
					total.WithLabelValues(service, api.Method(i).Name, result)
				}
			}
		}
	}
	return total
}

// Metrics are the collectors of this package, for the caller's registry.
func Metrics() []prometheus.Collector { return []prometheus.Collector{callsTotal} }

// countCalls counts every request that leaves, retries included.
func countCalls(stack *middleware.Stack) error {
	count := func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleFinalize(ctx, in)
		callsTotal.WithLabelValues(awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx), resultOf(err)).Inc()
		return out, metadata, err
	}
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("CountCalls", count), "Retry", middleware.After)
}

func resultOf(err error) string {
	if err == nil {
		return resultOK
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return resultUnreachable
	}
	_, throttled := retry.DefaultThrottleErrorCodes[api.ErrorCode()]
	switch code := api.ErrorCode(); {
	case throttled:
		return resultThrottled
	case deniedCodes[code], credentialCodes[code]:
		return resultDenied
	case transientCodes[code], api.ErrorFault() == smithy.FaultServer:
		return resultFailed
	default:
		return resultRefused
	}
}
