package lifecycle

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

func TestAdvance_NewJob_RecordsTheAttemptBeforeItLaunches(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.stored.Spec.Job = v1alpha1.JobIdentity{ID: 7, Name: "build"}
	if _, err := w.advance(t); err != nil {
		t.Fatal(err)
	}
	if w.stored.Status.Attempt != 1 || w.cloud.Calls("Launch") != 0 {
		t.Fatalf("attempt %d after %d launches, want 1 after none", w.stored.Status.Attempt, w.cloud.Calls("Launch"))
	}
	w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonLaunching, "")
	if _, err := w.advance(t); err != nil {
		t.Fatal(err)
	}
	want := ecs.Launch{
		Template:     &w.stored.Status.Resolved.TaskTemplate,
		SSHPublicKey: publicKey,
		Job:          v1alpha1.JobIdentity{ID: 7, Name: "build"},
		Owner:        ecs.Owner{Installation: "test", UID: "uid"},
		Namespace:    "ci",
		Attempt:      1,
	}
	tasks := w.cloud.Tasks()
	if len(tasks) != 1 {
		t.Fatalf("%d tasks, want 1", len(tasks))
	}
	if diff := cmp.Diff(want, tasks[0].Launch); diff != "" {
		t.Errorf("launch differs (-want +got):\n%s", diff)
	}
	if w.stored.Status.Task == nil || w.stored.Status.Task.ARN != tasks[0].ARN {
		t.Errorf("the status has task %+v, want %s", w.stored.Status.Task, tasks[0].ARN)
	}
	w.wantCondition(t, v1alpha1.ConditionLaunched, metav1.ConditionTrue, v1alpha1.ReasonLaunched, tasks[0].ARN)
	w.wantCondition(t, v1alpha1.ConditionAddressAssigned, metav1.ConditionUnknown, v1alpha1.ReasonAwaitingAddress, "")
	w.wantCondition(t, v1alpha1.ConditionStopped, metav1.ConditionFalse, v1alpha1.ReasonRunning, "")
	w.wantCondition(t, v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonProvisioning, "")
	if !slices.Equal(w.launches, []string{v1alpha1.ReasonLaunched}) {
		t.Errorf("launches were counted as %v", w.launches)
	}
}

func TestLaunch_NobodyCounts_Launches(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.process.Launched = nil
	w.launch(t)
}

func TestLaunch_Refused_TriesEveryPlacementAndThenPauses(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.cloud.Fail("Launch", 5, noQuota)
	due := w.mustAdvance(t)
	for _, pause := range []time.Duration{roundPauses.Duration, 2 * roundPauses.Duration} {
		if want := w.clock.Now().Add(pause); !due.Equal(want) {
			t.Fatalf("attempt %d is due at %s, want %s", w.stored.Status.Attempt, due, want)
		}
		w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonRetrying, noQuota.Message)
		calls := w.cloud.Calls("Launch")
		w.clock.Step(pause - 1)
		w.mustAdvance(t)
		if w.cloud.Calls("Launch") != calls {
			t.Errorf("launched within the pause after attempt %d", w.stored.Status.Attempt-1)
		}
		w.clock.Step(1)
		due = w.mustAdvance(t)
	}
	if w.stored.Status.Attempt != 6 || w.stored.Status.Task == nil || w.stored.Status.RetryTime != nil {
		t.Errorf("after five refusals: attempt %d, task %v, retry at %v", w.stored.Status.Attempt, w.stored.Status.Task, w.stored.Status.RetryTime)
	}
	want := append(slices.Repeat([]string{v1alpha1.ReasonQuotaExceeded}, 5), v1alpha1.ReasonLaunched)
	if diff := cmp.Diff(want, w.launches); diff != "" {
		t.Errorf("launches were counted wrongly (-want +got):\n%s", diff)
	}
	if calls := w.cloud.Calls("FindByOwner"); calls != 0 {
		t.Errorf("searched %d times for tasks that ECS refused", calls)
	}
}

func TestLaunch_WithinARound_DoesNotPause(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		refusals    int
		wantAttempt int32
	}{
		"launched in the first of a round": {2, 3},
		"refused in the first of a round":  {3, 4},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.cloud.Fail("Launch", test.refusals, noQuota)
			w.mustAdvance(t)
			w.clock.Step(roundPauses.Duration)
			if _, err := w.advance(t); err != nil {
				t.Fatal(err)
			}
			if w.stored.Status.Attempt != test.wantAttempt || w.stored.Status.RetryTime != nil {
				t.Errorf("attempt %d, retry at %v; want %d at once", w.stored.Status.Attempt, w.stored.Status.RetryTime, test.wantAttempt)
			}
		})
	}
}

// watchful is a cloud that looks around when it is asked for a task.
type watchful struct {
	Cloud
	look func()
}

func (w watchful) Launch(ctx context.Context, launch ecs.Launch) (*v1alpha1.TaskStatus, error) {
	w.look()
	return w.Cloud.Launch(ctx, launch)
}

// A panic, too, may come after ECS has started the task.
func TestLaunch_NotAnsweredYet_MayHaveATask(t *testing.T) {
	t.Parallel()
	w := newWorld()
	may := false
	w.process.ECS = watchful{w.cloud, func() { may = w.process.attempts.mayHaveTask(w.stored) }}
	w.launch(t)
	if !may {
		t.Error("an attempt counts as certain while ECS is asked")
	}
}

func TestLaunch_Throttled_AsksAgainInTheSameAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.cloud.Fail("Launch", 1, throttled)
	if _, err := w.advance(t); err != nil {
		t.Fatal(err)
	}
	if _, err := w.advance(t); !errors.Is(err, throttled) {
		t.Fatalf("got %v, want the fault", err)
	}
	w.wantCondition(t, v1alpha1.ConditionLaunched, metav1.ConditionFalse, v1alpha1.ReasonRetrying, throttled.Message)
	w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonRetrying, throttled.Message)
	w.launch(t)
	if w.stored.Status.Attempt != 1 {
		t.Errorf("attempt %d, want 1", w.stored.Status.Attempt)
	}
}

func TestLaunch_CalledOff_IsAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.cloud.Fail("Launch", 1, context.Canceled)
	if _, err := w.advance(t); err != nil {
		t.Fatal(err)
	}
	if _, err := w.advance(t); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the context's error", err)
	}
	if len(w.launches) != 0 {
		t.Errorf("counted as %v", w.launches)
	}
	w.launch(t)
}

func TestLaunch_RefusedForGood_StallsWithoutASearch(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.cloud.Fail("Launch", 1, denied)
	w.mustAdvance(t)
	w.wantStalled(t, v1alpha1.ReasonAccessDenied, denied.Message)
	w.wantCondition(t, v1alpha1.ConditionLaunched, metav1.ConditionFalse, v1alpha1.ReasonAccessDenied, denied.Message)
	if calls := w.cloud.Calls("FindByOwner"); calls != 0 {
		t.Errorf("searched %d times", calls)
	}
}

func TestLaunch_StatusNotWritten_IsNotAskedAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault       error
		wantAttempt int32
		wantReason  string
	}{
		"launched": {nil, 1, v1alpha1.ReasonLaunched},
		"refused":  {noQuota, 2, v1alpha1.ReasonQuotaExceeded},
		"denied":   {denied, 1, v1alpha1.ReasonAccessDenied},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			if _, err := w.advance(t); err != nil {
				t.Fatal(err)
			}
			w.cloud.Fail("Launch", 1, test.fault)
			recorded := w.stored
			for range 2 {
				w.stored = recorded
				if _, err := w.advance(t); err != nil {
					t.Fatal(err)
				}
			}
			if calls := w.cloud.Calls("Launch"); calls != 1 {
				t.Errorf("asked %d times, want once", calls)
			}
			if launched := w.condition(v1alpha1.ConditionLaunched); w.stored.Status.Attempt != test.wantAttempt || launched.Reason != test.wantReason {
				t.Errorf("attempt %d, %s; want %d, %s", w.stored.Status.Attempt, launched.Reason, test.wantAttempt, test.wantReason)
			}
		})
	}
}

func TestLaunch_InABurst_ComesBackWhenItIsItsTurn(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.cloud.Turn = begin.Add(3 * time.Second)
	due := w.mustAdvance(t)
	if w.cloud.Calls("Launch") != 0 || !due.Equal(w.cloud.Turn) {
		t.Errorf("%d launches, due at %s; want none before the turn at %s", w.cloud.Calls("Launch"), due, w.cloud.Turn)
	}
	w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonLaunching, "is being launched")
	w.clock.SetTime(w.cloud.Turn)
	w.launch(t)
	w.wantRunning(t, 1)
}

func TestLaunch_NoTurnCanBeHad_TheLaunchSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.cloud.Fail("LaunchTurn", 1, denied)
	w.cloud.Fail("Launch", 1, denied)
	w.mustAdvance(t)
	w.wantStalled(t, v1alpha1.ReasonAccessDenied, denied.Message)
}
