package ecs

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

func TestListOwned_ClocksDiffer_TheAgeIsByTheOneOfECS(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	env.SetAhead(48 * time.Hour)
	clients, launch := &Clients{}, testLaunch()
	if _, err := clients.Launch(t.Context(), launch); err != nil {
		t.Fatal(err)
	}
	for _, passed := range []time.Duration{0, 2 * time.Hour} {
		env.SetAhead(48*time.Hour + passed)
		owned, err := clients.ListOwned(t.Context(), LocationOf(launch.Template), launch.Owner.Installation)
		if err != nil {
			t.Fatal(err)
		}
		if len(owned) != 1 || owned[0].Age.Round(time.Hour) != passed {
			t.Errorf("after %s: %+v", passed, owned)
		}
	}
}

// ownedTasks lists tasks of which each belongs to installation "i". It cannot
// describe a call that has one of broken.
type ownedTasks struct {
	tasksAPI
	arns   []string
	broken []string
}

func (o *ownedTasks) ListTasks(context.Context, *ecs.ListTasksInput, ...func(*ecs.Options)) (*ecs.ListTasksOutput, error) {
	return &ecs.ListTasksOutput{TaskArns: o.arns}, nil
}

func (o *ownedTasks) DescribeTasks(_ context.Context, in *ecs.DescribeTasksInput, _ ...func(*ecs.Options)) (*ecs.DescribeTasksOutput, error) {
	out := &ecs.DescribeTasksOutput{}
	for _, arn := range in.Tasks {
		if slices.Contains(o.broken, arn) {
			return nil, &smithy.GenericAPIError{Code: "InvalidParameterException", Message: "cannot describe " + arn}
		}
		out.Tasks = append(out.Tasks, types.Task{TaskArn: &arn, StartedBy: aws.String(Owner{Installation: "i", UID: arn}.startedBy())})
	}
	return out, nil
}

func TestListOwned_SomeTasksCannotBeDescribed_TheOthersAreListed(t *testing.T) {
	api := &ownedTasks{broken: []string{"task-00", "task-42", "task-99"}}
	for i := range 100 {
		api.arns = append(api.arns, fmt.Sprintf("task-%02d", i))
	}
	clients := &Clients{accounts: map[account]*regional{{region: testLocation.Region}: {tasks: api}}}
	owned, err := clients.ListOwned(t.Context(), testLocation, "i")
	if err != nil {
		t.Fatal(err)
	}
	if len(owned) != 97 {
		t.Errorf("%d tasks, want all but the 3 that cannot be described", len(owned))
	}
	for _, task := range owned {
		if slices.Contains(api.broken, task.ARN) {
			t.Errorf("%s is listed", task.ARN)
		}
	}
}
