package ecs

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr/testr"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

var testCadence = Cadence{Provisioning: 10 * time.Millisecond, Starting: 10 * time.Millisecond, Running: 10 * time.Millisecond}

// startObservers runs observers until the test ends.
func startObservers(t *testing.T, clients *Clients) *Observers {
	t.Helper()
	observers := NewObservers(clients, testCadence, testr.New(t))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- observers.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := bound.Value(t, done, "the end of the observers"); err != nil {
			t.Error(err)
		}
	})
	return observers
}

// await waits for an observation that holds, woken by the observer alone.
func await(t *testing.T, observers *Observers, watch Watch, holds func(Observation) bool) Observation {
	t.Helper()
	changed := make(chan struct{}, 1)
	watch.Changed = func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	}
	observers.Forget(watch.ARN)
	observers.Watch(watch)
	for {
		seen, ok := observers.Latest(watch.ARN)
		if ok && holds(seen) {
			return seen
		}
		select {
		case <-changed:
		case <-time.After(20 * time.Second):
			t.Fatalf("no such observation; the last is %+v", seen)
		}
	}
}

func mustLaunch(t *testing.T, clients *Clients, launch Launch) Watch {
	t.Helper()
	task, err := clients.Launch(t.Context(), launch)
	if err != nil {
		t.Fatal(err)
	}
	return Watch{Location: LocationOf(launch.Template), ARN: task.ARN, Changed: func() {}}
}

func TestObservers_Task_IsFollowedFromStartToStop(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{MissingFor: 50 * time.Millisecond})
	clients := &Clients{}
	observers := startObservers(t, clients)
	watch := mustLaunch(t, clients, testLaunch())

	running := await(t, observers, watch, func(o Observation) bool { return o.Task.LastStatus == "RUNNING" })
	if running.Address.PrivateIP == "" || running.Task.StartedAt == nil || running.Task.AvailabilityZone == "" || running.Task.Capacity != "FARGATE" {
		t.Errorf("a running task is described as %+v", running)
	}
	if err := env.KillContainer(watch.ARN, "ci-coordinator"); err != nil {
		t.Fatal(err)
	}
	stopped := await(t, observers, watch, func(o Observation) bool { return o.Task.LastStatus == "STOPPED" })
	if stopped.Task.StopCode != v1alpha1.ReasonEssentialContainerExited || *stopped.Task.Containers[0].ExitCode != 137 {
		t.Errorf("a killed task is described as %+v", stopped.Task)
	}
}

func TestObservers_PublicAddress_IsFoundDespiteAnUnknownInterface(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	clients := &Clients{}
	observers := startObservers(t, clients)
	env.FailNext("DescribeNetworkInterfaces", 1, localecs.ErrorFault(localecs.APIError{
		Code: "InvalidNetworkInterfaceID.NotFound", Message: "The networkInterface ID 'eni-0' does not exist", Status: 400,
	}))
	launch := testLaunch()
	launch.Template.Network.AssignPublicIP = v1alpha1.Enabled
	watch := mustLaunch(t, clients, launch)
	watch.PublicIP = true
	await(t, observers, watch, func(o Observation) bool { return o.Address.PublicIP != "" })
}

func TestObservers_Unreachable_SayWhyAndRecover(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	clients := &Clients{}
	observers := startObservers(t, clients)
	watch := mustLaunch(t, clients, testLaunch())
	env.FailNext("DescribeTasks", 1, localecs.ErrorFault(localecs.APIError{Code: "AccessDeniedException", Message: "no", Status: 400}))
	seen := await(t, observers, watch, func(o Observation) bool { return o.Err != nil })
	var fault *Error
	if !errors.As(seen.Err, &fault) || fault.Reason != v1alpha1.ReasonAccessDenied {
		t.Errorf("failed with %v, want AccessDenied", seen.Err)
	}
	await(t, observers, watch, func(o Observation) bool { return o.Err == nil && o.Task.LastStatus == "RUNNING" })
}

func TestObservers_OnlyChangedTasksWake(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	clients := &Clients{}
	observers := startObservers(t, clients)
	quiet, other := testLaunch(), testLaunch()
	other.Owner.UID = "another"
	first, second := mustLaunch(t, clients, quiet), mustLaunch(t, clients, other)
	running := func(o Observation) bool { return o.Task.LastStatus == "RUNNING" }
	await(t, observers, first, running)
	await(t, observers, second, running)

	var woken atomic.Int32
	first.Changed = func() { woken.Add(1) }
	observers.Forget(first.ARN)
	observers.Watch(first) // wakes once, with its first observation
	if err := env.KillContainer(second.ARN, "ci-coordinator"); err != nil {
		t.Fatal(err)
	}
	await(t, observers, second, func(o Observation) bool { return o.Task.LastStatus == "STOPPED" })
	if n := woken.Load(); n > 1 {
		t.Errorf("a task that did not change woke its job %d times", n)
	}
}

func TestObservers_WatchedBeforeStart_AreObservedFromThen(t *testing.T) {
	localecstest.Start(t, localecs.Config{})
	clients := &Clients{}
	watch := mustLaunch(t, clients, testLaunch())
	observers := NewObservers(clients, testCadence, testr.New(t))
	seen := make(chan struct{}, 100)
	watch.Changed = func() { seen <- struct{}{} }
	observers.Watch(watch)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- observers.Start(ctx) }()
	select {
	case <-seen:
	case <-time.After(20 * time.Second):
		t.Error("the task was never observed")
	}
	cancel()
	if err := bound.Value(t, done, "the end of the observers"); err != nil {
		t.Error(err)
	}
}

func TestDueBatches_OneTaskDue_FillsTheCallWithTheNext(t *testing.T) {
	o := newObserver(NewObservers(&Clients{}, testCadence, testr.New(t)), Location{})
	now := time.Now()
	for i := range 250 {
		due := now.Add(time.Hour + time.Duration(i)*time.Second)
		if i == 249 {
			due = now
		}
		arn := fmt.Sprint(i)
		o.tasks[arn] = &watched{Watch: Watch{ARN: arn}, due: due}
	}
	batches := o.dueBatches()
	if len(batches) != 1 || len(batches[0]) != maxBatch {
		t.Fatalf("%d batches, want one of %d", len(batches), maxBatch)
	}
	if batches[0][0] != "249" || batches[0][1] != "0" {
		t.Errorf("the batch begins with tasks %v, want the one due and then the next", batches[0][:2])
	}
	for _, task := range o.tasks {
		task.due = now
	}
	if batches := o.dueBatches(); len(batches) != 3 {
		t.Errorf("%d batches for 250 tasks due, want 3", len(batches))
	}
	for _, task := range o.tasks {
		task.due = now.Add(time.Hour)
	}
	if batches := o.dueBatches(); len(batches) != 0 {
		t.Errorf("%d batches with nothing due, want none", len(batches))
	}
}

func TestWatched_UnknownForLong_IsMissing(t *testing.T) {
	task := &watched{Watch: Watch{ARN: "arn"}}
	now := time.Now()
	if o := task.next(now, nil, nil); o.Missing {
		t.Error("missing at once")
	}
	if o := task.next(now.Add(missingGrace-time.Second), nil, nil); o.Missing {
		t.Error("missing before the grace is over")
	}
	if o := task.next(now.Add(missingGrace), nil, nil); !o.Missing {
		t.Error("not missing after the grace")
	}
	known := map[string]description{"arn": {Task: v1alpha1.TaskStatus{ARN: "arn", LastStatus: "RUNNING"}}}
	if o := task.next(now.Add(missingGrace+time.Second), known, nil); o.Missing {
		t.Error("still missing although described")
	}
}

func TestWatched_Interval_IsShortWhileSomebodyWaits(t *testing.T) {
	c := Cadence{Provisioning: 1, Starting: 2, Running: 3}
	now := time.Now()
	status := func(s string) Observation { return Observation{Task: v1alpha1.TaskStatus{LastStatus: s}} }
	tests := map[string]struct {
		watch Watch
		see   Observation
		later time.Duration
		want  time.Duration
	}{
		"unknown":             {see: status(""), want: 1},
		"provisioning":        {see: status("PROVISIONING"), want: 1},
		"pending":             {see: status("PENDING"), want: 2},
		"running":             {see: status("RUNNING"), want: 3},
		"stopping":            {see: status("DEPROVISIONING"), want: 3},
		"awaiting address":    {watch: Watch{PublicIP: true}, see: status("RUNNING"), want: 2},
		"awaiting health":     {watch: Watch{HealthOf: "c"}, see: status("RUNNING"), want: 2},
		"waited for too long": {watch: Watch{PublicIP: true}, see: status("RUNNING"), later: settleWithin + 1, want: 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			task := &watched{Watch: test.watch}
			task.update(now, test.see)
			task.update(now.Add(test.later), test.see)
			if got := task.interval(c); got != test.want {
				t.Errorf("interval %d, want %d", got, test.want)
			}
		})
	}
}
