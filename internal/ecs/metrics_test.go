package ecs

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/smithy-go"
)

func TestResultOf_AnyErrorCode_IsOneOfAFew(t *testing.T) {
	answer := func(code string, fault smithy.ErrorFault) error {
		return fmt.Errorf("operation error: %w", &smithy.GenericAPIError{Code: code, Fault: fault})
	}
	for _, test := range []struct {
		err  error
		want string
	}{
		{nil, "ok"},
		{context.DeadlineExceeded, "unreachable"},
		{answer("AccessDeniedException", smithy.FaultClient), "denied"},
		{answer("UnrecognizedClientException", smithy.FaultClient), "denied"},
		{answer("ThrottlingException", smithy.FaultClient), "throttled"},
		{answer("RequestLimitExceeded", smithy.FaultClient), "throttled"},
		{answer("ServerException", smithy.FaultServer), "failed"},
		{answer("SomethingNew", smithy.FaultServer), "failed"},
		{answer("SomethingNew", smithy.FaultClient), "refused"},
	} {
		if got := resultOf(test.err); got != test.want {
			t.Errorf("%v: got %s, want %s", test.err, got, test.want)
		}
	}
}
