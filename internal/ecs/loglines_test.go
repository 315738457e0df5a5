package ecs

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// loggingTask starts a task whose container writes lines to CloudWatch Logs, and
// returns where.
func loggingTask(t *testing.T, clients *Clients) (Location, LogStream) {
	t.Helper()
	env := localecstest.Start(t, localecs.Config{Images: map[string][]string{
		"lines": {"sh", "-c", `printf '%s\n' one two "" three; exec sleep 600`},
	}})
	container := seed.Container("lines", 22)
	container.LogConfiguration = &types.LogConfiguration{
		LogDriver: types.LogDriverAwslogs,
		Options:   map[string]string{"awslogs-group": "LOG_GROUP", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "job"},
	}
	launch := testLaunch()
	launch.Template.TaskDefinition = env.Define(t, "ci", container)
	actAsStandalone(t, env)
	watch := mustLaunch(t, clients, launch)
	loc := LocationOf(launch.Template)
	definition, err := clients.TaskDefinition(t.Context(), loc, launch.Template.TaskDefinition)
	if err != nil {
		t.Fatal(err)
	}
	return loc, definition.Containers[*container.Name].Log.Stream(*container.Name, watch.ARN)
}

func TestLastLines_Container_AreAwaitedAndReadWithThePolicyOfJobs(t *testing.T) {
	clients := &Clients{}
	loc, stream := loggingTask(t, clients)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	lines, err := clients.LastLines(ctx, loc, stream, 3)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"two", "three"}, lines); diff != "" {
		t.Errorf("lines differ (-want +got):\n%s", diff)
	}
}

func TestLastLines_NothingToRead_EndsWithTheContext(t *testing.T) {
	clients := &Clients{}
	loc, stream := loggingTask(t, clients)
	stream.Name = "job/ci-coordinator/other"
	ctx, cancel := context.WithCancel(t.Context())
	looks := 0
	clients.Called = func(_, operation, _ string) {
		if operation == "GetLogEvents" {
			looks++
		}
		if looks == 2 {
			cancel()
		}
	}
	if lines, err := clients.LastLines(ctx, loc, stream, 3); err != nil || len(lines) > 0 {
		t.Errorf("got %q, %v, want nothing", lines, err)
	}
}

func TestLastLines_NoAnswer_IsAnError(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	env.FailNext("GetLogEvents", 100, localecs.HangFault())
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	stream := LogStream{Region: "us-east-1", Group: "/ecs/ci", Name: "job/ci-coordinator/0"}
	lines, err := (&Clients{}).LastLines(ctx, Location{Region: "us-east-1", Cluster: "ci"}, stream, 3)
	var fault *Error
	if !errors.As(err, &fault) || fault.Class != RetrySame {
		t.Errorf("got %q, %v, want an error that AWS was not reached", lines, err)
	}
}

func TestLastLines_NoPermission_IsDenied(t *testing.T) {
	clients := &Clients{}
	loc, stream := loggingTask(t, clients)
	stream.Group = "/another"
	_, err := clients.LastLines(t.Context(), loc, stream, 3)
	var fault *Error
	if !errors.As(err, &fault) || fault.Reason != v1alpha1.ReasonAccessDenied {
		t.Errorf("got %v, want AccessDenied", err)
	}
}
