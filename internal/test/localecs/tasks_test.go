package localecs_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

func (e *env) list(in *ecs.ListTasksInput) []string {
	e.Helper()
	in.Cluster = aws.String("ci")
	out, err := e.ecs.ListTasks(e.Context(), in)
	if err != nil {
		e.Fatal(err)
	}
	return out.TaskArns
}

func TestListTasks_Filters(t *testing.T) {
	e := start(t)
	e.register("other", shell("main", "sleep 600"))
	mine := e.run(func(in *ecs.RunTaskInput) { in.StartedBy = aws.String("me") })
	other := e.run(func(in *ecs.RunTaskInput) { in.TaskDefinition = aws.String("other") })
	stopped := e.run()
	e.stop(stopped)
	sorted := func(arns ...string) []string { slices.Sort(arns); return arns }
	for name, tc := range map[string]struct {
		in   ecs.ListTasksInput
		want []string
	}{
		"none":           {ecs.ListTasksInput{}, sorted(mine, other)},
		"startedBy":      {ecs.ListTasksInput{StartedBy: aws.String("me")}, []string{mine}},
		"family":         {ecs.ListTasksInput{Family: aws.String("other")}, []string{other}},
		"desired status": {ecs.ListTasksInput{DesiredStatus: types.DesiredStatusStopped}, []string{stopped}},
		"family and desired status": {
			ecs.ListTasksInput{Family: aws.String("other"), DesiredStatus: types.DesiredStatusStopped}, []string{},
		},
		"service": {ecs.ListTasksInput{ServiceName: aws.String("any")}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, e.list(&tc.in)); diff != "" {
				t.Errorf("tasks (-want +got):\n%s", diff)
			}
		})
	}
	_, err := e.ecs.ListTasks(t.Context(), &ecs.ListTasksInput{
		Cluster: aws.String("ci"), StartedBy: aws.String("me"), Family: aws.String("job"),
	})
	e.wantError(err, "InvalidParameterException", "cannot specify startedBy with other arguments")
}

func TestListTasks_MoreThanAPage_GoesOnWithTheToken(t *testing.T) {
	e := start(t, func(c *localecs.Config) { c.Delays.Provisioning = time.Hour })
	started := make(map[string]bool)
	for range 11 {
		out, err := e.ecs.RunTask(t.Context(), request(func(in *ecs.RunTaskInput) { in.Count = aws.Int32(10) }))
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range out.Tasks {
			started[*task.TaskArn] = true
		}
	}
	pages := ecs.NewListTasksPaginator(e.ecs, &ecs.ListTasksInput{Cluster: aws.String("ci")})
	var sizes []int
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(page.TaskArns))
		for _, arn := range page.TaskArns {
			delete(started, arn)
		}
	}
	if diff := cmp.Diff([]int{100, 10}, sizes); diff != "" || len(started) > 0 {
		t.Errorf("%d tasks not listed, page sizes (-want +got):\n%s", len(started), diff)
	}
}

func TestDescribeTasks_MissingWindow_AnswersMISSING(t *testing.T) {
	e := start(t, func(c *localecs.Config) { c.MissingFor = time.Minute })
	arn := e.run()
	describe := func() *ecs.DescribeTasksOutput {
		out, err := e.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("ci"), Tasks: []string{arn}})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	out := describe()
	if len(out.Tasks) != 0 || len(out.Failures) != 1 || *out.Failures[0].Reason != "MISSING" || *out.Failures[0].Arn != arn {
		t.Errorf("tasks %v, failures %+v", out.Tasks, out.Failures)
	}
	if listed := e.list(&ecs.ListTasksInput{}); len(listed) != 0 {
		t.Errorf("the new task is listed: %v", listed)
	}
	e.server.SetAhead(time.Minute)
	if out := describe(); len(out.Tasks) != 1 {
		t.Errorf("failures after the window: %+v", out.Failures)
	}
}

func TestDescribeTasks_StoppedTask_IsForgottenAfterAnHour(t *testing.T) {
	e := start(t)
	arn := e.run()
	e.stop(arn)
	e.await(arn, "STOPPED")
	e.server.SetAhead(59 * time.Minute)
	e.describe(arn)
	e.server.SetAhead(61 * time.Minute)
	out, err := e.ecs.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{Cluster: aws.String("ci"), Tasks: []string{arn}})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Failures) != 1 {
		t.Errorf("the task is still there: %v", out.Tasks)
	}
	_, err = e.ecs.StopTask(t.Context(), &ecs.StopTaskInput{Cluster: aws.String("ci"), Task: &arn})
	e.wantError(err, "InvalidParameterException", "The referenced task was not found.")
}

func TestDescribeTasks_BadRequest_IsRefusedAsOnAWS(t *testing.T) {
	e := start(t)
	for name, tc := range map[string]struct {
		in            ecs.DescribeTasksInput
		code, message string
	}{
		"unknown cluster": {
			ecs.DescribeTasksInput{Cluster: aws.String("absent"), Tasks: []string{"x"}},
			"ClusterNotFoundException", "Cluster not found.",
		},
		"no tasks": {
			ecs.DescribeTasksInput{Cluster: aws.String("ci"), Tasks: []string{}},
			"InvalidParameterException", "Tasks cannot be empty.",
		},
		"too many tasks": {
			ecs.DescribeTasksInput{Cluster: aws.String("ci"), Tasks: make([]string, 101)},
			"InvalidParameterException", "taskIds can have at most 100 items.",
		},
		"task of another cluster": {
			ecs.DescribeTasksInput{
				Cluster: aws.String("ci"), Tasks: []string{"arn:aws:ecs:us-east-1:123456789012:task/other/0123"},
			},
			"InvalidParameterException", "Identifier is for cluster other. Your cluster is ci",
		},
		"no identifier": {
			ecs.DescribeTasksInput{Cluster: aws.String("ci"), Tasks: []string{"a/b"}},
			"InvalidParameterException", "Invalid identifier",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := e.ecs.DescribeTasks(t.Context(), &tc.in)
			here := *e
			here.T = t
			here.wantError(err, tc.code, tc.message)
		})
	}
}

func TestStopTask_DeletesTheTagsAndKeepsTheFirstReason(t *testing.T) {
	e := start(t)
	arn := e.run(func(in *ecs.RunTaskInput) { in.Tags = manyTags(2) })
	if tags := e.describe(arn).Tags; len(tags) != 2 {
		t.Errorf("tags %v", tags)
	}
	e.stop(arn)
	if _, err := e.ecs.StopTask(t.Context(), &ecs.StopTaskInput{
		Cluster: aws.String("ci"), Task: &arn, Reason: aws.String("again"),
	}); err != nil {
		t.Fatal(err)
	}
	if task := e.await(arn, "STOPPED"); len(task.Tags) != 0 || *task.StoppedReason != "done" {
		t.Errorf("tags %v, reason %q", task.Tags, *task.StoppedReason)
	}
}

func TestStopTaskByECS_WhilePending_FailsTheStart(t *testing.T) {
	const reason = "Timeout waiting for network interface provisioning to complete."
	e := start(t, func(c *localecs.Config) { c.Delays.Provisioning = time.Hour })
	arn := e.run()
	if err := e.server.StopTask(arn, types.TaskStopCodeTaskFailedToStart, reason); err != nil {
		t.Fatal(err)
	}
	if task := e.await(arn, "STOPPED"); task.StopCode != types.TaskStopCodeTaskFailedToStart || *task.StoppedReason != reason {
		t.Errorf("stop code %s, reason %q", task.StopCode, *task.StoppedReason)
	}
	if err := e.server.StopTask(arn+"0", "", ""); err == nil {
		t.Error("no error for a task that is not there")
	}
}
