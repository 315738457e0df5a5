package lifecycle

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// launchedWorld is a world whose job has a task.
func launchedWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld()
	w.launch(t)
	return w
}

// withHealth lets the containers of tasks have a health check.
func (w *world) withHealth() {
	w.cloud.Definition.Containers[container] = ecs.Container{HealthCheck: true}
}

func health(status string) func(*ecs.Observation) {
	return func(seen *ecs.Observation) {
		atAddress(seen)
		seen.Task.Containers = []v1alpha1.ContainerStatus{{Name: container, HealthStatus: status}}
	}
}

func TestObserve_States_AreTheReasonsOfReady(t *testing.T) {
	t.Parallel()
	w := launchedWorld(t)
	for _, step := range []struct {
		state  string
		change func(*ecs.Observation)
		reason string
	}{
		{ecs.Provisioning, nil, v1alpha1.ReasonProvisioning},
		{ecs.Pending, nil, v1alpha1.ReasonPending},
		{ecs.Activating, nil, v1alpha1.ReasonActivating},
		{ecs.Running, nil, v1alpha1.ReasonAwaitingAddress},
		{ecs.Deactivating, nil, v1alpha1.ReasonStopping},
	} {
		w.show(t, step.state, step.change)
		w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionFalse, step.reason, "")
		w.wantCondition(t, v1alpha1.ConditionReconciling, metav1.ConditionTrue, step.reason, "")
		if w.stored.Status.ReadyTime != nil {
			t.Errorf("ready in state %s", step.state)
		}
	}
}

func TestObserve_RunningAtItsAddress_IsReady(t *testing.T) {
	t.Parallel()
	w := launchedWorld(t)
	w.clock.Step(20 * time.Second)
	w.run(t)
	w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady, "10.0.0.7 port 22")
	if got := w.stored.Status.ReadyTime; got == nil || !got.Equal(&metav1.Time{Time: w.clock.Now()}) {
		t.Errorf("ready since %v, want %s", got, w.clock.Now())
	}
	if reconciling := w.condition(v1alpha1.ConditionReconciling); reconciling.Type != "" {
		t.Errorf("a ready job is still reconciling: %+v", reconciling)
	}
	since := w.stored.Status.ReadyTime
	w.clock.Step(time.Minute)
	w.run(t)
	if !w.stored.Status.ReadyTime.Equal(since) {
		t.Errorf("ready since %s, want still %s", w.stored.Status.ReadyTime, since)
	}
}

func TestObserve_HealthCheck_HasToPass(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.withHealth()
	w.launch(t)
	w.show(t, ecs.Running, health(""))
	w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonAwaitingHealth, container)
	w.show(t, ecs.Running, health("HEALTHY"))
	w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady, "")
	w.show(t, ecs.Running, health("UNHEALTHY"))
	w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonUnhealthy, container)
}

func TestObserve_Watch_AsksForWhatTheJobNeeds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*world)
		want   ecs.Watch
	}{
		"no more than the state": {func(*world) {}, ecs.Watch{}},
		"a public address": {func(w *world) {
			w.class.Spec.Network.AssignPublicIP = v1alpha1.Enabled
		}, ecs.Watch{PublicIP: true}},
		"health": {(*world).withHealth, ecs.Watch{HealthOf: container}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			test.change(w)
			w.launch(t)
			test.want.Location = ecs.Location{Region: "us-east-1", Cluster: "ci"}
			test.want.ARN = w.stored.Status.Task.ARN
			if diff := cmp.Diff([]ecs.Watch{test.want}, w.observers.Watched(), cmpopts.IgnoreFields(ecs.Watch{}, "Changed")); diff != "" {
				t.Errorf("watches (-want +got):\n%s", diff)
			}
		})
	}
}

func TestObserve_News_WakeTheJob(t *testing.T) {
	t.Parallel()
	w := launchedWorld(t)
	w.run(t)
	if diff := cmp.Diff([]types.NamespacedName{{Namespace: "ci", Name: "job"}}, w.woken); diff != "" {
		t.Errorf("woken (-want +got):\n%s", diff)
	}
}

func TestObserve_OnlyTimesDiffer_IsNoNews(t *testing.T) {
	t.Parallel()
	w := launchedWorld(t)
	w.run(t)
	at := metav1.NewTime(begin)
	times := func(seen *ecs.Observation) {
		atAddress(seen)
		task := &seen.Task
		task.CreationTime, task.PullStartTime, task.PullStopTime, task.StartTime, task.StopTime = &at, &at, &at, &at, &at
	}
	w.show(t, ecs.Running, times)
	if got := w.stored.Status.Task.StartTime; got != nil {
		t.Errorf("the status took up %s alone", got)
	}
	w.show(t, ecs.Running, func(seen *ecs.Observation) { times(seen); seen.Task.AvailabilityZone = "us-east-1a" })
	if got := w.stored.Status.Task.StartTime; got == nil {
		t.Error("the time of the start did not come along")
	}
}

func TestObserve_FailedTransiently_AnotherAttemptFollows(t *testing.T) {
	t.Parallel()
	for _, state := range []string{ecs.Deprovisioning, ecs.Stopped} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			w := launchedWorld(t)
			first := w.stored.Status.Task.ARN
			w.cloud.End(first)
			w.show(t, state, stoppedBy(v1alpha1.ReasonTaskFailedToStart, "Capacity is unavailable at this time."))
			if w.stored.Status.Attempt != 2 || w.stored.Status.Task == nil || w.stored.Status.Task.ARN == first {
				t.Errorf("attempt %d, task %+v; want another task in attempt 2", w.stored.Status.Attempt, w.stored.Status.Task)
			}
			if watched := w.observers.Watched(); len(watched) != 1 || watched[0].ARN == first {
				t.Errorf("watched are %+v, want the second task alone", watched)
			}
			w.wantRunning(t, 1)
		})
	}
}

func TestObserve_FailedTransientlyInTheLastPlacement_Pauses(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.class.Spec.Network.Subnets = []string{"subnet-a"}
	w.launch(t)
	w.cloud.End(w.stored.Status.Task.ARN)
	const reason = "Capacity is unavailable at this time."
	w.show(t, ecs.Stopped, stoppedBy(v1alpha1.ReasonTaskFailedToStart, reason))
	w.wantCondition(t, v1alpha1.ConditionLaunched, metav1.ConditionFalse, v1alpha1.ReasonRetrying, reason)
	w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonRetrying, reason)
	want := w.clock.Now().Add(roundPauses.Duration)
	if got := w.stored.Status.RetryTime; w.stored.Status.Task != nil || got == nil || !got.Time.Equal(want) {
		t.Errorf("task %+v, next attempt at %v; want none until %s", w.stored.Status.Task, got, want)
	}
}

func TestObserve_TaskEnded_StallsTheJob(t *testing.T) {
	t.Parallel()
	exited := func(seen *ecs.Observation) {
		stoppedBy(v1alpha1.ReasonEssentialContainerExited, "Essential container in task exited")(seen)
		seen.Task.Containers = []v1alpha1.ContainerStatus{
			{Name: container, ExitCode: ptr.To[int32](137), Reason: "OutOfMemoryError"},
			{Name: "sidecar"},
		}
	}
	for name, test := range map[string]struct {
		state   string
		ready   bool
		change  func(*ecs.Observation)
		reason  string
		message []string
	}{
		"its container exited": {
			ecs.Stopped, true, exited, v1alpha1.ReasonEssentialContainerExited,
			[]string{"stopped", "Essential container in task exited", container + " exited with code 137", container + ": OutOfMemoryError"},
		},
		"about to stop":  {ecs.Deprovisioning, true, exited, v1alpha1.ReasonEssentialContainerExited, []string{"137"}},
		"by a person":    {ecs.Stopped, false, stoppedBy(v1alpha1.ReasonUserInitiated, "stopped by me"), v1alpha1.ReasonUserInitiated, []string{"stopped by me"}},
		"spot, ready":    {ecs.Stopped, true, stoppedBy(v1alpha1.ReasonSpotInterruption, "interrupted"), v1alpha1.ReasonSpotInterruption, []string{"interrupted"}},
		"no reason":      {ecs.Stopped, true, stoppedBy("", ""), v1alpha1.ReasonTaskStopped, []string{"stopped"}},
		"unknown reason": {ecs.Stopped, true, stoppedBy("Whim", ""), v1alpha1.ReasonTaskStopped, []string{"stopped"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := launchedWorld(t)
			if test.ready {
				w.run(t)
			}
			w.show(t, test.state, test.change)
			for _, part := range append(test.message, w.stored.Status.Task.ARN) {
				w.wantStalled(t, test.reason, part)
			}
			if test.state == ecs.Stopped {
				w.wantCondition(t, v1alpha1.ConditionStopped, metav1.ConditionTrue, test.reason, "")
			}
			if w.cloud.Calls("Launch") != 1 || w.cloud.Calls("Stop") != 0 {
				t.Errorf("%d launches and %d stops, want one and none", w.cloud.Calls("Launch"), w.cloud.Calls("Stop"))
			}
		})
	}
}

func TestObserve_StoppingWithoutAReason_IsNotTheEndYet(t *testing.T) {
	t.Parallel()
	w := launchedWorld(t)
	w.show(t, ecs.Deactivating, stoppedBy("", ""))
	if IsStalled(w.stored) {
		t.Errorf("stalled: %+v", w.condition(v1alpha1.ConditionStalled))
	}
}

func TestObserve_Missing_StallsTheJob(t *testing.T) {
	t.Parallel()
	w := launchedWorld(t)
	w.show(t, "", func(seen *ecs.Observation) { seen.Missing = true })
	w.wantStalled(t, v1alpha1.ReasonTaskMissing, w.stored.Status.Task.ARN)
}

func TestObserve_StalledJob_IsFollowedUntilItsTaskHasStopped(t *testing.T) {
	t.Parallel()
	w := launchedWorld(t)
	w.run(t)
	w.show(t, ecs.Deprovisioning, stoppedBy(v1alpha1.ReasonUserInitiated, "enough"))
	w.wantCondition(t, v1alpha1.ConditionStopped, metav1.ConditionFalse, v1alpha1.ReasonRunning, "")
	if len(w.observers.Watched()) != 1 {
		t.Fatal("a task that has not stopped is watched no more")
	}
	w.show(t, ecs.Stopped, stoppedBy(v1alpha1.ReasonUserInitiated, "enough"))
	w.wantCondition(t, v1alpha1.ConditionStopped, metav1.ConditionTrue, v1alpha1.ReasonUserInitiated, "enough")
	w.wantStalled(t, v1alpha1.ReasonUserInitiated, "enough")
	if watched := w.observers.Watched(); len(watched) != 0 {
		t.Errorf("still watched: %+v", watched)
	}
	w.mustAdvance(t)
	if watched := w.observers.Watched(); len(watched) != 0 {
		t.Errorf("watched again: %+v", watched)
	}
}

func TestObserve_NobodyMayLook_StallsAJobThatIsNotReady(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		connectVia v1alpha1.AddressKind
		ready      bool
		seen       ecs.Observation
		stalls     bool
	}{
		"at the task":                      {v1alpha1.PrivateIP, false, ecs.Observation{Err: denied}, true},
		"at the task, for now":             {v1alpha1.PrivateIP, false, ecs.Observation{Err: throttled}, false},
		"at the task of a ready job":       {v1alpha1.PrivateIP, true, ecs.Observation{Err: denied}, false},
		"at the address":                   {v1alpha1.PublicIP, false, ecs.Observation{AddressErr: denied}, true},
		"at an address that is not needed": {v1alpha1.PrivateIP, false, ecs.Observation{AddressErr: denied}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.class.Spec.Network.ConnectVia = test.connectVia
			w.launch(t)
			if test.ready {
				w.run(t)
			}
			w.show(t, ecs.Running, func(seen *ecs.Observation) {
				if test.ready {
					atAddress(seen)
				}
				seen.Err, seen.AddressErr = test.seen.Err, test.seen.AddressErr
			})
			if got := IsStalled(w.stored); got != test.stalls {
				t.Errorf("stalled: %t, want %t", got, test.stalls)
			}
			if test.stalls {
				w.wantStalled(t, v1alpha1.ReasonAccessDenied, denied.Message)
				w.wantRunning(t, 0)
			}
		})
	}
}

func TestObserve_NothingSeenYet_KeepsWhatTheLaunchSaid(t *testing.T) {
	t.Parallel()
	w := launchedWorld(t)
	w.show(t, "", func(seen *ecs.Observation) { seen.Err = throttled })
	if got := w.stored.Status.Task.LastStatus; got != ecs.Provisioning {
		t.Errorf("the task is in state %q", got)
	}
}

func TestStopMessage_HasAllThatECSSays(t *testing.T) {
	t.Parallel()
	got := stopMessage(&v1alpha1.TaskStatus{ARN: taskARN, StoppedReason: "why", Containers: []v1alpha1.ContainerStatus{
		{Name: "a", ExitCode: ptr.To[int32](0)}, {Name: "b", Reason: "gone"},
	}})
	want := strings.Join([]string{"task " + taskARN + " stopped", "why", "container a exited with code 0", "container b: gone"}, ": ")
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
