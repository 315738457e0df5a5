package localecs_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

func TestFailNext_AnswersTheNextCallsWithTheError(t *testing.T) {
	e := start(t)
	e.server.FailNext("ListTasks", 2, localecs.ErrorFault(localecs.APIError{Code: "AccessDeniedException", Message: "no"}))
	e.server.FailNext("ListTasks", 1, localecs.ErrorFault(localecs.APIError{Code: "ServerException", Message: "oops", Status: 500}))
	for _, code := range []string{"AccessDeniedException", "AccessDeniedException", "ServerException"} {
		_, err := e.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("ci")})
		e.wantError(err, code, "")
	}
	e.list(&ecs.ListTasksInput{})
	if diff := cmp.Diff(4, e.server.Calls()["ListTasks"]); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestFailNext_EC2(t *testing.T) {
	e := startEmpty(t)
	e.server.FailNext("DescribeSubnets", 1, localecs.ErrorFault(localecs.APIError{Code: "UnauthorizedOperation", Message: "no", Status: 403}))
	_, err := e.ec2.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{})
	e.wantError(err, "UnauthorizedOperation", "no")
}

func TestFailNext_DropAndHang_ExecuteNothing(t *testing.T) {
	e := start(t)
	e.server.FailNext("RunTask", 1, localecs.DropFault())
	var apiError smithy.APIError
	if _, err := e.ecs.RunTask(t.Context(), request()); err == nil || errors.As(err, &apiError) {
		t.Errorf("dropped connection: error %v", err)
	}
	e.server.FailNext("RunTask", 1, localecs.HangFault())
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := e.ecs.RunTask(ctx, request()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hanging call: error %v", err)
	}
	if tasks := e.list(&ecs.ListTasksInput{}); len(tasks) != 0 {
		t.Errorf("tasks %v", tasks)
	}
}

func TestReset_ForgetsFaultsAndCounts(t *testing.T) {
	e := start(t)
	e.server.FailNext("ListTasks", 1, localecs.DropFault())
	e.server.Reset()
	e.list(&ecs.ListTasksInput{})
	if diff := cmp.Diff(map[string]int{"ListTasks": 1}, e.server.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestKillContainer_ThatIsNotThere_IsAnError(t *testing.T) {
	e := start(t, func(c *localecs.Config) { c.Delays.Provisioning = time.Hour })
	arn := e.run()
	for name, err := range map[string]error{
		"unknown task":      e.server.KillContainer(arn+"0", "main"),
		"unknown container": e.server.KillContainer(arn, "other"),
		"not started":       e.server.KillContainer(arn, "main"),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestThrottle_RefusesCallsBeyondTheBurst(t *testing.T) {
	// The clock stands still, so that no bucket fills up again.
	still := time.Now()
	frozen := func(c *localecs.Config) {
		*c = localecs.WithClock(*c, func() time.Time { return still })
		c.Throttle = true
		c.Delays.Provisioning = time.Hour
	}
	throttledECS := func(err error) bool {
		var apiError smithy.APIError
		return errors.As(err, &apiError) && apiError.ErrorCode() == "ThrottlingException" && apiError.ErrorMessage() == "Rate exceeded"
	}
	for name, tc := range map[string]struct {
		call      func(e *env) error
		allowed   int
		throttled func(error) bool
	}{
		"DescribeTasks": {
			func(e *env) error {
				_, err := e.ecs.DescribeTasks(e.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("ci"), Tasks: []string{"x"}})
				return err
			}, 100, throttledECS,
		},
		"RunTask": {
			func(e *env) error { _, err := e.ecs.RunTask(e.Context(), request()); return err }, 20, throttledECS,
		},
		"RunTask with ten tasks": {
			func(e *env) error {
				_, err := e.ecs.RunTask(e.Context(), request(func(in *ecs.RunTaskInput) { in.Count = aws.Int32(10) }))
				return err
			}, 10, throttledECS,
		},
		"DescribeNetworkInterfaces": {
			func(e *env) error {
				_, err := e.ec2.DescribeNetworkInterfaces(e.Context(), &ec2.DescribeNetworkInterfacesInput{})
				return err
			}, 50, func(err error) bool {
				var apiError smithy.APIError
				return errors.As(err, &apiError) && apiError.ErrorCode() == "RequestLimitExceeded"
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t, frozen)
			for i := range tc.allowed {
				if err := tc.call(e); err != nil {
					t.Fatalf("call %d: %v", i+1, err)
				}
			}
			if err := tc.call(e); !tc.throttled(err) {
				t.Errorf("call %d: error %v", tc.allowed+1, err)
			}
		})
	}
}

func TestUnknownAction_IsRefused(t *testing.T) {
	e := startEmpty(t)
	_, err := e.ecs.ListServices(t.Context(), &ecs.ListServicesInput{})
	e.wantError(err, "UnknownOperationException", "ListServices")
	_, err = e.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
	e.wantError(err, "UnknownOperationException", "DescribeVpcs")
}

func TestStart_RefusesABadConfiguration(t *testing.T) {
	for name, config := range map[string]localecs.Config{
		"every address":   {Listen: "0.0.0.0:0"},
		"a host name":     {Listen: "localhost:0"},
		"no port":         {Listen: "127.0.0.1"},
		"bad subnet":      {Subnets: []localecs.Subnet{{ID: "net-1", Zone: "a"}}},
		"bad group":       {SecurityGroups: []string{"group"}},
		"subnet, no zone": {Subnets: []localecs.Subnet{{ID: "subnet-1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			server, err := localecs.Start(config)
			if err == nil {
				server.Close()
				t.Error("no error")
			}
		})
	}
}
