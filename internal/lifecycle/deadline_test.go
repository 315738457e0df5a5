package lifecycle

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// atBegin is at the time at which the jobs of tests are created.
var atBegin = &Lifecycle{Now: func() time.Time { return begin }}

// jobOfAge is a job that was created that long ago.
func jobOfAge(age time.Duration) *v1alpha1.FargateJob {
	return &v1alpha1.FargateJob{
		ObjectMeta: metav1.ObjectMeta{CreationTimestamp: metav1.NewTime(begin.Add(-age))},
		Status:     v1alpha1.FargateJobStatus{Resolved: &v1alpha1.ResolvedTask{TaskTemplate: v1alpha1.TaskTemplate{LaunchDeadlineSeconds: 60}}},
	}
}

// notLaunchedFor lets a job have been refused its last launch.
func notLaunchedFor(reason, message string) func(*v1alpha1.FargateJob) {
	return func(j *v1alpha1.FargateJob) {
		atBegin.setCondition(j, v1alpha1.ConditionLaunched, metav1.ConditionFalse, reason, message)
	}
}

// enforce enforces the deadlines of a job without a task.
func enforce(ctx context.Context, l *Lifecycle, job *v1alpha1.FargateJob) error {
	if err := l.enforceActiveDeadline(ctx, job); err != nil {
		return err
	}
	return l.enforceLaunchDeadline(ctx, job)
}

func TestEnforceDeadlines(t *testing.T) {
	t.Parallel()
	waiting := func(j *v1alpha1.FargateJob) {
		atBegin.setCondition(j, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonPending, "pulling its image")
	}
	tests := map[string]struct {
		age     time.Duration
		change  func(*v1alpha1.FargateJob)
		reason  string // empty if the job may go on
		message string
	}{
		"young":            {age: time.Minute - 1},
		"never ready":      {age: time.Minute, change: waiting, reason: v1alpha1.ReasonLaunchDeadlineExceeded, message: "the task was not ready 1m0s after the job's creation: pulling its image"},
		"ready":            {age: time.Hour, change: func(j *v1alpha1.FargateJob) { j.Status.ReadyTime = ptr.To(metav1.NewTime(begin)) }},
		"class unreadable": {age: 10*time.Minute - 1, change: func(j *v1alpha1.FargateJob) { j.Status.Resolved = nil }},
		"class never read": {age: 10 * time.Minute, change: func(j *v1alpha1.FargateJob) { j.Status.Resolved = nil }, reason: v1alpha1.ReasonLaunchDeadlineExceeded, message: "its launch was not begun"},
		"no capacity": {
			age: time.Minute, change: notLaunchedFor(v1alpha1.ReasonCapacityUnavailable, "no Spot"),
			reason: v1alpha1.ReasonCapacityUnavailable, message: "no Spot",
		},
		"no quota": {
			age: time.Minute, change: notLaunchedFor(v1alpha1.ReasonQuotaExceeded, "10 vCPUs"),
			reason: v1alpha1.ReasonQuotaExceeded, message: "10 vCPUs",
		},
		"no answer": {
			age: time.Minute, change: notLaunchedFor(v1alpha1.ReasonRetrying, "AWS is away"),
			reason: v1alpha1.ReasonLaunchDeadlineExceeded, message: "was not begun",
		},
		"within its life": {age: 100*time.Second - 1, change: func(j *v1alpha1.FargateJob) {
			j.Spec.ActiveDeadlineSeconds, j.Status.ReadyTime = 100, ptr.To(metav1.NewTime(begin))
		}},
		"beyond its life": {age: 100 * time.Second, change: func(j *v1alpha1.FargateJob) {
			j.Spec.ActiveDeadlineSeconds, j.Status.ReadyTime = 100, ptr.To(metav1.NewTime(begin))
		}, reason: v1alpha1.ReasonActiveDeadlineExceeded, message: "activeDeadlineSeconds of 100"},
		"stalled and old": {age: time.Hour, change: func(j *v1alpha1.FargateJob) {
			atBegin.setCondition(j, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonTaskStopped, "x")
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := jobOfAge(test.age)
			if test.change != nil {
				test.change(job)
			}
			err := enforce(t.Context(), atBegin, job)
			if test.reason == "" {
				if err != nil {
					t.Errorf("stalls: %v", err)
				}
				return
			}
			var stall *stalling
			if !errors.As(err, &stall) {
				t.Fatalf("got %v, want a stall", err)
			}
			if stall.reason != test.reason || !strings.Contains(stall.message, test.message) {
				t.Errorf("stalls with %s: %s; want %s with %q", stall.reason, stall.message, test.reason, test.message)
			}
		})
	}
}

func TestDue_IsTheNextDeadlineByTheGivenClock(t *testing.T) {
	t.Parallel()
	job := jobOfAge(10 * time.Second)
	job.Spec.ActiveDeadlineSeconds = 3600
	clock := job.CreationTimestamp.Time
	l := &Lifecycle{Now: func() time.Time { return clock }}
	if got, want := l.due(job), job.CreationTimestamp.Add(time.Minute); !got.Equal(want) {
		t.Errorf("due at %s, want %s: the launch deadline", got, want)
	}
	clock = clock.Add(2 * time.Minute)
	if got, want := l.due(job), job.CreationTimestamp.Add(time.Hour); !got.Equal(want) {
		t.Errorf("due at %s, want %s: the active deadline", got, want)
	}
	if err := enforce(t.Context(), l, job); err == nil {
		t.Error("the job outlives its launch deadline by the given clock")
	}
}

func TestRoundPause_Doubles_UpToAMinute(t *testing.T) {
	t.Parallel()
	for rounds, want := range map[int32]time.Duration{1: 5 * time.Second, 2: 10 * time.Second, 4: 40 * time.Second, 5: time.Minute, 1000: time.Minute} {
		if got := roundPause(rounds); got != want {
			t.Errorf("after %d rounds %s, want %s", rounds, got, want)
		}
	}
}

func TestLaunchDeadline_IsJudgedByTheLatestLook(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.launch(t)
	w.clock.Step(11 * time.Minute) // The job was in a queue, and its task runs.
	seen := ecs.Observation{Task: v1alpha1.TaskStatus{ARN: w.stored.Status.Task.ARN, LastStatus: ecs.Running, DesiredStatus: ecs.Running}}
	atAddress(&seen)
	w.observers.Show(seen)
	w.mustAdvance(t)
	w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady, "")
	w.wantRunning(t, 1)
}

func TestLaunchDeadline_NobodyHasLookedYet_WaitsForTheFirstLook(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.launch(t)
	w.restart()
	w.clock.Step(11 * time.Minute)
	w.mustAdvance(t)
	w.wantRunning(t, 1)
	w.show(t, ecs.Pending, nil)
	w.wantStalled(t, v1alpha1.ReasonLaunchDeadlineExceeded, "10m0s")
	w.wantRunning(t, 0)
}
