package ecs

import (
	"context"
	"errors"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// The results of a call. AWS's own error codes are in the log and in the
// objects' conditions; a label must have few values.
const (
	resultOK          = "ok"
	resultDenied      = "denied"
	resultThrottled   = "throttled"
	resultFailed      = "failed"
	resultRefused     = "refused"
	resultUnreachable = "unreachable"
)

// Results are the results of a call: ok; denied (credentials or permissions),
// throttled, failed (on AWS's side), refused (any other error that AWS answers
// with) or unreachable (no answer).
func Results() []string {
	return []string{resultOK, resultDenied, resultThrottled, resultFailed, resultRefused, resultUnreachable}
}

// Operations are the calls that this package makes for the controller, by
// service. It is a table, since looking at an interface's methods by reflection
// keeps the linker from leaving out the hundreds of unused operations of the
// SDK: they were half of the program. A test compares it with the interfaces.
func Operations() map[string][]string {
	return map[string][]string{
		"ECS": {"DescribeTaskDefinition", "DescribeTasks", "ListTasks", "RunTask", "StopTask"},
		"EC2": {"DescribeNetworkInterfaces"},
		"STS": {"AssumeRole", "AssumeRoleWithWebIdentity"},
	}
}

// reportCalls reports every request sent, including retries.
func (c *Clients) reportCalls(stack *middleware.Stack) error {
	if c.Called == nil {
		return nil
	}
	report := func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (middleware.FinalizeOutput, middleware.Metadata, error) {
		out, metadata, err := next.HandleFinalize(ctx, in)
		c.Called(awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx), resultOf(err))
		return out, metadata, err
	}
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("ReportCalls", report), "Retry", middleware.After)
}

func resultOf(err error) string {
	if err == nil {
		return resultOK
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return resultUnreachable
	}
	switch code := api.ErrorCode(); {
	case deniedCodes[code], credentialCodes[code]:
		return resultDenied
	case isThrottled(err, api):
		return resultThrottled
	case isServerFault(err, api):
		return resultFailed
	default:
		return resultRefused
	}
}
