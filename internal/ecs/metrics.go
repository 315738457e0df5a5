package ecs

import (
	"context"
	"errors"
	"reflect"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
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

// Results are the results of a call: ok; denied (credentials or permissions),
// throttled, failed (on AWS's side), refused (any other error that AWS answers
// with) or unreachable (no answer).
func Results() []string {
	return []string{resultOK, resultDenied, resultThrottled, resultFailed, resultRefused, resultUnreachable}
}

// Operations are the calls that this package makes for the controller, by
// service.
func Operations() map[string][]string {
	return OperationsOf(map[string][]reflect.Type{
		"ECS": {reflect.TypeFor[tasksAPI]()},
		"EC2": {reflect.TypeFor[interfacesAPI]()},
		"STS": {reflect.TypeFor[stscreds.AssumeRoleAPIClient](), reflect.TypeFor[stscreds.AssumeRoleWithWebIdentityAPIClient]()},
	})
}

// OperationsOf are the methods of each service's interfaces. The stage binary
// must not call this: to look at methods by reflection keeps the linker from
// leaving out the hundreds of operations of the SDK that nobody calls.
func OperationsOf(services map[string][]reflect.Type) map[string][]string {
	operations := map[string][]string{}
	for service, apis := range services {
		for _, api := range apis {
			for i := range api.NumMethod() {
				operations[service] = append(operations[service], api.Method(i).Name)
			}
		}
	}
	return operations
}

// reportCalls reports every request that leaves, retries included.
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
