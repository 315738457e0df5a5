package ecs

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

// pagedTasks lists tasks page by page, each of which the owner has started.
type pagedTasks struct {
	tasksAPI
	pages [][]string
	owner Owner
}

func (p *pagedTasks) ListTasks(_ context.Context, in *ecs.ListTasksInput, _ ...func(*ecs.Options)) (*ecs.ListTasksOutput, error) {
	page := 0
	if in.NextToken != nil {
		if _, err := fmt.Sscan(*in.NextToken, &page); err != nil {
			return nil, err
		}
	}
	out := &ecs.ListTasksOutput{TaskArns: p.pages[page]}
	if page+1 < len(p.pages) {
		out.NextToken = aws.String(fmt.Sprint(page + 1))
	}
	return out, nil
}

func (p *pagedTasks) DescribeTasks(_ context.Context, in *ecs.DescribeTasksInput, _ ...func(*ecs.Options)) (*ecs.DescribeTasksOutput, error) {
	out := &ecs.DescribeTasksOutput{}
	for _, arn := range in.Tasks {
		out.Tasks = append(out.Tasks, types.Task{TaskArn: aws.String(arn), StartedBy: aws.String(p.owner.startedBy())})
	}
	return out, nil
}

// newPages is a cluster whose tasks take three pages, of which one is empty.
func newPages() (*pagedTasks, *Clients) {
	api := &pagedTasks{pages: [][]string{{"1", "2"}, nil, {"3"}}, owner: Owner{Installation: "ours", UID: "uid"}}
	return api, &Clients{accounts: map[account]*regional{{region: testLocation.Region}: {tasks: api}}}
}

func TestListOwned_GoesOverAllPages(t *testing.T) {
	t.Parallel()
	api, clients := newPages()
	owned, err := clients.ListOwned(t.Context(), testLocation, api.owner.Installation)
	if err != nil {
		t.Fatal(err)
	}
	var arns []string
	for _, task := range owned {
		arns = append(arns, task.ARN)
	}
	if diff := cmp.Diff([]string{"1", "2", "3"}, arns); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
}

func TestListOwned_TasksOfOthers_AreLeftOut(t *testing.T) {
	t.Parallel()
	_, clients := newPages()
	if owned, err := clients.ListOwned(t.Context(), testLocation, "theirs"); err != nil || len(owned) != 0 {
		t.Errorf("got %v, %v; want nothing", owned, err)
	}
}

func TestFindByOwner_GoesOverAllPages(t *testing.T) {
	t.Parallel()
	api, clients := newPages()
	arns, err := clients.FindByOwner(t.Context(), testLocation, api.owner)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"1", "2", "3"}, arns); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
}
