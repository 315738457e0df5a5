package ecs

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
	"github.com/go-logr/logr/testr"
	"github.com/google/go-cmp/cmp"
)

// countingTasks describes every task as running, with its own network
// interface, but fails calls that have a task in failing with the code given
// there.
type countingTasks struct {
	tasksAPI
	failing map[string]string

	mu      sync.Mutex
	batches []int // how many tasks each call was for
}

func (c *countingTasks) DescribeTasks(_ context.Context, in *ecs.DescribeTasksInput, _ ...func(*ecs.Options)) (*ecs.DescribeTasksOutput, error) {
	c.mu.Lock()
	c.batches = append(c.batches, len(in.Tasks))
	c.mu.Unlock()
	out := &ecs.DescribeTasksOutput{}
	status := Running
	for _, arn := range in.Tasks {
		if code, ok := c.failing[arn]; ok {
			return nil, &smithy.GenericAPIError{Code: code, Message: "not " + arn}
		}
		out.Tasks = append(out.Tasks, types.Task{TaskArn: &arn, LastStatus: &status, Attachments: []types.Attachment{{
			Type:    aws.String("ElasticNetworkInterface"),
			Details: []types.KeyValuePair{{Name: aws.String("networkInterfaceId"), Value: aws.String("eni-" + arn)}},
		}}})
	}
	return out, nil
}

// countingInterfaces gives every network interface a public address.
type countingInterfaces struct {
	batches []int // how many interfaces each call was for
}

func (c *countingInterfaces) DescribeNetworkInterfaces(_ context.Context, in *ec2.DescribeNetworkInterfacesInput, _ ...func(*ec2.Options)) (*ec2.DescribeNetworkInterfacesOutput, error) {
	c.batches = append(c.batches, len(in.NetworkInterfaceIds))
	out := &ec2.DescribeNetworkInterfacesOutput{}
	for _, id := range in.NetworkInterfaceIds {
		out.NetworkInterfaces = append(out.NetworkInterfaces, ec2types.NetworkInterface{
			NetworkInterfaceId: &id,
			Association:        &ec2types.NetworkInterfaceAssociation{PublicIp: aws.String("address of " + id)},
		})
	}
	return out, nil
}

// watching is an observer of n tasks that are all due, the first ones for the
// longest time.
func watching(t *testing.T, api *countingTasks, n int) *observer {
	t.Helper()
	clients := &Clients{accounts: map[account]*regional{{region: testLocation.Region}: {tasks: api}}}
	o := newObserver(NewObservers(clients, DefaultCadence, testr.New(t)), testLocation)
	start := time.Now().Add(-time.Hour)
	for i := range n {
		arn := fmt.Sprintf("task-%03d", i)
		o.tasks[arn] = &watched{Watch: Watch{ARN: arn, Changed: func() {}}, pauses: failurePauses, due: start.Add(time.Duration(i) * time.Second)}
	}
	return o
}

// lookNow looks at the tasks that are due and waits for the answers.
func lookNow(t *testing.T, o *observer) {
	t.Helper()
	o.look(t.Context())
	o.calls.Wait()
}

// sorted has the largest first: batches are described at the same time.
func sorted(batches []int) []int {
	return slices.SortedFunc(slices.Values(batches), func(a, b int) int { return b - a })
}

// outcomes returns how many tasks were seen to run, and which were not.
func outcomes(o *observer) (running int, failed []string) {
	for arn, task := range o.tasks {
		switch {
		case task.latest.Err != nil:
			failed = append(failed, arn)
		case task.latest.Task.LastStatus == Running:
			running++
		}
	}
	slices.Sort(failed)
	return running, failed
}

func TestLook_150Tasks_TakesTwoCalls(t *testing.T) {
	api := &countingTasks{}
	o := watching(t, api, 150)
	lookNow(t, o)
	if diff := cmp.Diff([]int{100, 50}, sorted(api.batches)); diff != "" {
		t.Errorf("tasks for each call differ (-want +got):\n%s", diff)
	}
	if running, _ := outcomes(o); running != 150 {
		t.Errorf("%d tasks were observed, want 150", running)
	}
}

func TestLook_100TasksWithPublicAddresses_TakesOneCallForThem(t *testing.T) {
	api, interfaces := &countingTasks{}, &countingInterfaces{}
	o := watching(t, api, 100)
	o.clients.accounts[account{region: testLocation.Region}].interfaces = interfaces
	for _, task := range o.tasks {
		task.PublicIP = true
	}
	lookNow(t, o)
	if diff := cmp.Diff([]int{100}, interfaces.batches); diff != "" {
		t.Errorf("interfaces for each call differ (-want +got):\n%s", diff)
	}
	for arn, task := range o.tasks {
		if got, want := task.latest.Address.PublicIP, "address of eni-"+arn; got != want {
			t.Errorf("%s has public address %q, want %q", arn, got, want)
		}
		task.due = time.Now()
	}

	lookNow(t, o)
	if len(interfaces.batches) != 1 {
		t.Errorf("addresses that are known were looked up again, in %d calls", len(interfaces.batches)-1)
	}
}

func TestLook_OneBatchFails_OthersAreObserved(t *testing.T) {
	api := &countingTasks{failing: map[string]string{"task-000": "ServerException"}}
	o := watching(t, api, 150)
	lookNow(t, o)
	if running, failed := outcomes(o); running != 50 || len(failed) != 100 {
		t.Errorf("%d observed and %d failed, want 50 and 100", running, len(failed))
	}
	if batches := o.dueBatches(); len(batches) != 0 {
		t.Errorf("%d batches are due at once again, want a pause", len(batches))
	}
}

func TestLook_OneTaskIsRefused_OthersAreObserved(t *testing.T) {
	api := &countingTasks{failing: map[string]string{"task-042": "InvalidParameterException"}}
	o := watching(t, api, 100)
	lookNow(t, o)
	running, failed := outcomes(o)
	if diff := cmp.Diff([]string{"task-042"}, failed); diff != "" || running != 99 {
		t.Errorf("%d tasks were observed, want 99; failed tasks differ (-want +got):\n%s", running, diff)
	}
	var fault *Error
	if err := o.tasks["task-042"].latest.Err; !errors.As(err, &fault) {
		t.Errorf("failed with %v, want an *Error", err)
	}

	for _, task := range o.tasks {
		task.due = time.Now()
	}
	api.batches = nil
	lookNow(t, o)
	if diff := cmp.Diff([]int{99, 1}, sorted(api.batches)); diff != "" {
		t.Errorf("the next look finds the task again (-want +got):\n%s", diff)
	}
}

func TestFailed_AgainAndAgain_PausesLonger(t *testing.T) {
	api := &countingTasks{failing: map[string]string{"task-000": "ServerException"}}
	o := watching(t, api, 1)
	task := o.tasks["task-000"]
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30} {
		task.due = time.Now()
		lookNow(t, o)
		if pause := time.Until(task.due).Round(time.Second); pause != want*time.Second {
			t.Errorf("pauses %v, want %ds", pause, want)
		}
	}
	api.failing = nil
	task.due = time.Now()
	lookNow(t, o)
	api.failing = map[string]string{"task-000": "ServerException"}
	task.due = time.Now()
	lookNow(t, o)
	if pause := time.Until(task.due).Round(time.Second); pause != time.Second {
		t.Errorf("pauses %v after a look that succeeded and one that failed, want 1s", pause)
	}
}

// hangingTasks does not answer calls about one task until it is released.
type hangingTasks struct {
	countingTasks
	slow    string
	release chan struct{}
}

func (h *hangingTasks) DescribeTasks(ctx context.Context, in *ecs.DescribeTasksInput, options ...func(*ecs.Options)) (*ecs.DescribeTasksOutput, error) {
	if slices.Contains(in.Tasks, h.slow) {
		<-h.release
	}
	return h.countingTasks.DescribeTasks(ctx, in, options...)
}

func TestLook_OneCallHangs_TheOtherTasksAreSeenAgainAndAgain(t *testing.T) {
	api := &hangingTasks{slow: "task-000", release: make(chan struct{})}
	o := watching(t, &api.countingTasks, 150)
	o.clients.accounts[account{region: testLocation.Region}].tasks = api
	o.tasks["task-000"].alone = true
	ctx, cancel := context.WithCancel(t.Context())
	seen := make(chan string, 1000)
	for _, task := range o.tasks {
		task.HealthOf, task.Changed = "c", func() { seen <- task.ARN }
	}
	o.cadence = Cadence{Provisioning: time.Millisecond, Starting: time.Millisecond, Running: time.Millisecond}
	ended := make(chan struct{})
	go func() { o.run(ctx); close(ended) }()
	for range 149 {
		if arn := <-seen; arn == "task-000" {
			t.Error("the task whose call hangs was seen")
		}
	}
	for api.calls() < 10 {
		if ctx.Err() != nil {
			t.Fatal("one call that hangs keeps the others from being made")
		}
		runtime.Gosched()
	}
	close(api.release)
	if arn := <-seen; arn != "task-000" {
		t.Errorf("saw %s, want the task whose call was answered late", arn)
	}
	cancel()
	<-ended
}

func (c *countingTasks) calls() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.batches)
}

func TestObservers_RegionAndCluster_HaveOneObserverEach(t *testing.T) {
	observers := NewObservers(&Clients{}, DefaultCadence, testr.New(t))
	for i, location := range []Location{
		{Region: "us-east-1", Cluster: "a"},
		{Region: "us-east-1", Cluster: "a"},
		{Region: "us-east-1", Cluster: "b"},
		{Region: "eu-west-1", Cluster: "a"},
	} {
		observers.Watch(Watch{Location: location, ARN: fmt.Sprint(i), Changed: func() {}})
	}
	if len(observers.running) != 3 {
		t.Errorf("%d observers, want 3", len(observers.running))
	}
	if n := len(observers.tasks["0"].tasks); n != 2 {
		t.Errorf("the observer of two tasks of a cluster has %d", n)
	}
}
