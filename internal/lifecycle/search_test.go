package lifecycle

import (
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// inDoubt is a world with a job whose launch was refused after an answer had been
// lost. ECS has started a task if it is told so.
func inDoubt(t *testing.T, started bool) (w *world, due time.Time) {
	t.Helper()
	w = newWorld()
	if _, err := w.advance(t); err != nil {
		t.Fatal(err)
	}
	if started {
		w.cloud.LoseAnswers("Launch", 1)
	} else {
		w.cloud.Fail("Launch", 1, noAnswer)
	}
	w.cloud.Fail("Launch", 1, noQuota)
	w.cloud.Hide(true)
	if _, err := w.advance(t); err == nil {
		t.Fatal("a launch without an answer is no error")
	}
	due, err := w.advance(t)
	if err != nil {
		t.Fatal(err)
	}
	return w, due
}

func TestLaunch_RefusedAfterALostAnswer_TheTaskThatTurnsUpIsTheJobs(t *testing.T) {
	t.Parallel()
	w, due := inDoubt(t, true)
	if want := w.clock.Now().Add(SettlePause); !due.Equal(want) {
		t.Errorf("the search goes on at %s, want %s", due, want)
	}
	w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonRetrying, noQuota.Message)
	w.clock.Step(SettlePause)
	w.cloud.Hide(false)
	w.launch(t)
	if w.stored.Status.Attempt != 1 || w.stored.Status.Task.ARN != w.cloud.Tasks()[0].ARN {
		t.Errorf("attempt %d, task %+v; want the first's", w.stored.Status.Attempt, w.stored.Status.Task)
	}
	if calls := w.cloud.Calls("Launch"); calls != 2 {
		t.Errorf("ECS was asked %d times, want twice", calls)
	}
	w.wantRunning(t, 1)
}

func TestLaunch_RefusedAfterALostAnswer_NothingTurnsUp_AnotherAttemptFollows(t *testing.T) {
	t.Parallel()
	w, _ := inDoubt(t, false)
	w.clock.Step(SettleTime)
	w.mustAdvance(t)
	if w.stored.Status.Attempt != 1 || w.cloud.Calls("Launch") != 2 {
		t.Errorf("attempt %d after %d launches, while the task can still turn up", w.stored.Status.Attempt, w.cloud.Calls("Launch"))
	}
	w.clock.Step(1)
	w.launch(t)
	if w.stored.Status.Attempt != 2 {
		t.Errorf("attempt %d, want 2", w.stored.Status.Attempt)
	}
	w.wantRunning(t, 1)
}

func TestLaunch_RefusedAfterALostAnswer_TheSearchFails_IsTriedAgain(t *testing.T) {
	t.Parallel()
	w, _ := inDoubt(t, false)
	w.clock.Step(SettleTime + 1)
	w.cloud.Fail("FindByOwner", 1, throttled)
	if _, err := w.advance(t); !errors.Is(err, throttled) {
		t.Errorf("got %v, want the fault", err)
	}
	if w.stored.Status.Attempt != 1 {
		t.Errorf("attempt %d without a search", w.stored.Status.Attempt)
	}
	w.launch(t)
}

func TestLaunch_RefusedAfterALostAnswer_StatusNotWritten_IsNotSearchedForAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		started     bool
		wantAttempt int32
	}{
		"a task turned up": {true, 1},
		"none did":         {false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := inDoubt(t, test.started)
			w.clock.Step(SettleTime + 1)
			w.cloud.Hide(false)
			_, _, _ = w.attempt(t)
			calls := w.cloud.Calls("FindByOwner")
			if _, err := w.advance(t); err != nil {
				t.Fatal(err)
			}
			if w.stored.Status.Attempt != test.wantAttempt || (w.stored.Status.Task != nil) != test.started {
				t.Errorf("attempt %d with task %v, want %d", w.stored.Status.Attempt, w.stored.Status.Task, test.wantAttempt)
			}
			if again := w.cloud.Calls("FindByOwner") - calls; again != 0 {
				t.Errorf("searched %d more times", again)
			}
		})
	}
}

func TestLaunch_SearchInProgress_EndsNoLaterThanTheJob(t *testing.T) {
	t.Parallel()
	w, _ := inDoubt(t, false)
	w.stored.Spec.ActiveDeadlineSeconds = 1
	due, err := w.advance(t)
	if want := begin.Add(time.Second); err != nil || !due.Equal(want) {
		t.Errorf("due at %s (%v), want the job's end at %s", due, err, want)
	}
}

func TestLaunch_AnotherProcessRecordedTheAttempt_ARefusalIsInDoubt(t *testing.T) {
	t.Parallel()
	w := newWorld()
	if _, err := w.advance(t); err != nil {
		t.Fatal(err)
	}
	w.restart()
	w.cloud.Fail("Launch", 1, noQuota)
	due, err := w.advance(t)
	if want := w.clock.Now().Add(SettlePause); err != nil || !due.Equal(want) || w.stored.Status.Attempt != 1 {
		t.Errorf("attempt %d, due at %s (%v); want a search in attempt 1 until %s", w.stored.Status.Attempt, due, err, want)
	}
}
