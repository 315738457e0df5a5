package ecs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

func TestClassify(t *testing.T) {
	loc := Location{Region: "us-east-1", Cluster: "ci"}
	client, server := smithy.FaultClient, smithy.FaultServer
	tests := []struct {
		code, message string
		fault         smithy.ErrorFault
		class         Class
		reason        string
		fix           string
	}{
		{"AccessDeniedException", "not authorized", client, Terminal, v1alpha1.ReasonAccessDenied, "the permission ecs:RunTask, see docs/aws-permissions.md"},
		{"AccessDeniedException", "User: x is not authorized to perform: iam:PassRole on resource: y", client, Terminal, v1alpha1.ReasonAccessDenied, "the permission iam:PassRole, see docs/aws-permissions.md"},
		{"UnrecognizedClientException", "token invalid", client, Terminal, v1alpha1.ReasonAccessDenied, "valid credentials, see docs/aws-permissions.md"},
		{"ThrottlingException", "Rate exceeded", client, RetrySame, v1alpha1.ReasonRetrying, ""},
		{"RequestLimitExceeded", "Request limit exceeded.", client, RetrySame, v1alpha1.ReasonRetrying, ""},
		{"ServerException", "oops", server, RetrySame, v1alpha1.ReasonRetrying, ""},
		{"SomethingNew", "oops", server, RetrySame, v1alpha1.ReasonRetrying, ""},
		{"ClusterNotFoundException", "Cluster not found.", client, Terminal, v1alpha1.ReasonClusterNotFound, `create the cluster "ci" in region us-east-1`},
		{"InvalidParameterException", "No Container Instances were found in your cluster.", client, Terminal, v1alpha1.ReasonNoCapacityProvider, "default capacity provider strategy"},
		{"InvalidParameterException", "The subnet ID 'subnet-1' does not exist", client, Terminal, v1alpha1.ReasonInvalidParameter, ""},
		{"ClientException", "TaskDefinition not found.", client, Terminal, v1alpha1.ReasonTaskDefinitionNotFound, "register"},
		{"ClientException", "Unable to describe task definition.", client, Terminal, v1alpha1.ReasonTaskDefinitionNotFound, "register"},
		{"ClientException", "TaskDefinition is inactive", client, Terminal, v1alpha1.ReasonTaskDefinitionNotFound, "register"},
		{"ClientException", "No Fargate configuration exists for given values.", client, Terminal, v1alpha1.ReasonInvalidParameter, ""},
		{"ClientException", "You've reached the limit on the number of vCPUs you can run concurrently", client, NextAttempt, v1alpha1.ReasonQuotaExceeded, "quota"},
		{"ClientException", "Capacity is unavailable at this time.", client, NextAttempt, v1alpha1.ReasonCapacityUnavailable, ""},
		{"PlatformUnknownException", "The specified platform does not exist.", client, Terminal, v1alpha1.ReasonLaunchRefused, ""},
		{"BlockedException", "Your account is blocked.", client, Terminal, v1alpha1.ReasonLaunchRefused, ""},
		{"SomethingNew", "no", client, Terminal, v1alpha1.ReasonLaunchRefused, ""},
	}
	for _, test := range tests {
		t.Run(test.code+" "+test.message, func(t *testing.T) {
			cause := &smithy.GenericAPIError{Code: test.code, Message: test.message, Fault: test.fault}
			err := Classify(&smithy.OperationError{ServiceID: "ECS", OperationName: "RunTask", Err: cause}, "starting the task", loc)
			var got *Error
			if !errors.As(err, &got) {
				t.Fatalf("%v is no *Error", err)
			}
			if got.Class != test.class || got.Reason != test.reason {
				t.Errorf("class %d, reason %s; want %d, %s", got.Class, got.Reason, test.class, test.reason)
			}
			for _, part := range []string{"starting the task: " + test.code, test.message, test.fix} {
				if !strings.Contains(got.Message, part) {
					t.Errorf("message %q, want %q in it", got.Message, part)
				}
			}
			if !errors.Is(err, cause) {
				t.Error("the cause is lost")
			}
		})
	}
}

func TestClassify_RoleCannotBeAssumed_NamesThatPermission(t *testing.T) {
	denied := &smithy.GenericAPIError{Code: "AccessDenied", Message: "no", Fault: smithy.FaultClient}
	role := fmt.Errorf("get identity: %w", &smithy.OperationError{ServiceID: "STS", OperationName: "AssumeRole", Err: denied})
	err := Classify(&smithy.OperationError{ServiceID: "EC2", OperationName: "DescribeSubnets", Err: role}, "looking up subnets", Location{})
	want := "looking up subnets: AccessDenied: no (give the identity in use the permission sts:AssumeRole, see docs/aws-permissions.md)"
	if err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestClassify_Canceled_StaysTheContexts(t *testing.T) {
	err := Classify(fmt.Errorf("operation: %w", context.Canceled), "starting the task", Location{})
	var ours *Error
	if !errors.Is(err, context.Canceled) || errors.As(err, &ours) {
		t.Errorf("got %#v, want the context's error", err)
	}
}

func TestClassify_Unreachable_NamesTheRootCause(t *testing.T) {
	err := Classify(fmt.Errorf("operation error: %w", fmt.Errorf("https response error: %w", errors.New("connection refused"))), "starting the task", Location{})
	if got, want := err.Error(), "starting the task: AWS could not be reached: connection refused"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
