package ecs

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
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

func TestOperations_AreThoseOfTheInterfaces(t *testing.T) {
	want := map[string][]string{}
	for service, apis := range map[string][]reflect.Type{
		"ECS": {reflect.TypeFor[tasksAPI]()},
		"EC2": {reflect.TypeFor[interfacesAPI]()},
		"STS": {reflect.TypeFor[stscreds.AssumeRoleAPIClient](), reflect.TypeFor[stscreds.AssumeRoleWithWebIdentityAPIClient]()},
	} {
		for _, api := range apis {
			for i := range api.NumMethod() {
				want[service] = append(want[service], api.Method(i).Name)
			}
		}
		slices.Sort(want[service])
	}
	if diff := cmp.Diff(want, Operations()); diff != "" {
		t.Errorf("operations differ (-interfaces +table):\n%s", diff)
	}
}
