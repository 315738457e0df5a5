package ecs

import (
	"context"
	"errors"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/prometheus/client_golang/prometheus"
)

// callsTotal counts what AWS was asked. Operations and error codes are AWS's
// own closed lists.
var callsTotal = prometheus.NewCounterVec(prometheus.CounterOpts{
	Namespace: "fargate_operator",
	Subsystem: "aws",
	Name:      "calls_total",
	Help:      "Calls to AWS by service, operation and result: ok, the AWS error code, or unreachable.",
}, []string{"service", "operation", "result"})

// Metrics are the collectors of this package, for the caller's registry.
func Metrics() []prometheus.Collector { return []prometheus.Collector{callsTotal} }

// countCalls counts every request that leaves, retries included.
func countCalls(stack *middleware.Stack) error {
	count := func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleFinalize(ctx, in)
		callsTotal.WithLabelValues(awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx), resultLabel(err)).Inc()
		return out, metadata, err
	}
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("CountCalls", count), "Retry", middleware.After)
}

func resultLabel(err error) string {
	var api smithy.APIError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &api):
		return api.ErrorCode()
	default:
		return "unreachable"
	}
}
