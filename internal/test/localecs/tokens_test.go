package localecs_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

func token(value string) func(*ecs.RunTaskInput) {
	return func(in *ecs.RunTaskInput) { in.ClientToken = &value }
}

func TestRunTask_SameTokenSameRequest_ReturnsTheSameTask(t *testing.T) {
	e := start(t)
	first := e.run(token("one"))
	byARN := func(in *ecs.RunTaskInput) { in.Cluster = aws.String("arn:aws:ecs:us-east-1:123456789012:cluster/ci") }
	for name, second := range map[string]string{
		"the same request":            e.run(token("one")),
		"the cluster named by an ARN": e.run(token("one"), byARN),
	} {
		if second != first {
			t.Errorf("%s: task %s, want %s", name, second, first)
		}
	}
	if other := e.run(token("two")); other == first {
		t.Error("another token got the same task")
	}
	e.createCluster("other")
	if other := e.run(token("one"), func(in *ecs.RunTaskInput) { in.Cluster = aws.String("other") }); other == first {
		t.Error("another cluster got the same task")
	}
}

func TestRunTask_SameTokenDifferentRequest_IsAConflictThatNamesTheTask(t *testing.T) {
	e := start(t)
	first := e.run(token("one"))
	_, err := e.ecs.RunTask(t.Context(), request(token("one"), func(in *ecs.RunTaskInput) { in.StartedBy = aws.String("me") }))
	var conflict *types.ConflictException
	if !errors.As(err, &conflict) {
		t.Fatalf("error %v, want ConflictException", err)
	}
	if diff := cmp.Diff([]string{first}, conflict.ResourceIds); diff != "" {
		t.Errorf("resource ids (-want +got):\n%s", diff)
	}
}

func TestRunTask_TokenOfAFailure_ReplaysTheFailure(t *testing.T) {
	e := start(t)
	e.server.FailNext("RunTask", 1, localecs.FailureFault("RESOURCE:ENI"))
	for range 2 {
		out, err := e.ecs.RunTask(t.Context(), request(token("one")))
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Failures) != 1 || *out.Failures[0].Reason != "RESOURCE:ENI" {
			t.Errorf("failures %+v", out.Failures)
		}
	}
}

func TestRunTask_TokenAfterALostAnswer_FindsTheTask(t *testing.T) {
	e := start(t)
	e.server.FailNext("RunTask", 1, localecs.LostAnswerFault())
	if _, err := e.ecs.RunTask(t.Context(), request(token("one"))); err == nil {
		t.Fatal("the lost answer arrived")
	}
	arn := e.run(token("one"))
	out, err := e.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("ci")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{arn}, out.TaskArns); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
}

func TestRunTask_OldToken_StartsANewTask(t *testing.T) {
	for name, tc := range map[string]struct {
		stop  bool
		after time.Duration
		again bool
	}{
		"running task, 23 h":              {false, 23 * time.Hour, false},
		"running task, 24 h":              {false, 24 * time.Hour, true},
		"stopped task, less than an hour": {true, 59 * time.Minute, false},
		"stopped task, more than an hour": {true, 61 * time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t)
			first := e.run(token("one"))
			if tc.stop {
				e.stop(first)
				e.await(first, "STOPPED")
			}
			e.server.SetAhead(tc.after)
			if again := e.run(token("one")) != first; again != tc.again {
				t.Errorf("a new task: %v, want %v", again, tc.again)
			}
		})
	}
}
