package lifecycle

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// wantReady checks the whole message of a job that is not ready.
func (w *world) wantReady(t *testing.T, message string) {
	t.Helper()
	if got := w.condition(v1alpha1.ConditionReady); got.Status != metav1.ConditionFalse || got.Message != message {
		t.Errorf("Ready is %s: %s; want False: %s", got.Status, got.Message, message)
	}
}

func TestAdvance_StepFailsAgainAndAgain_SaysEveryMinuteHowOften(t *testing.T) {
	w := newWorld()
	const page = "starting the task: status 500 Internal Server Error"
	fail := func(times int, every time.Duration) (changes int) {
		for range times {
			before := w.condition(v1alpha1.ConditionReady).Message
			w.cloud.Fail("Launch", 1, &ecs.Error{Class: ecs.RetrySame, Reason: v1alpha1.ReasonRetrying, Message: page})
			if _, err := w.advance(t); err == nil {
				t.Fatal("the launch did not fail")
			}
			if w.condition(v1alpha1.ConditionReady).Message != before {
				changes++
			}
			w.clock.Step(every)
		}
		return changes
	}
	if _, err := w.advance(t); err != nil { // resolves the class
		t.Fatal(err)
	}
	fail(6, 10*time.Second)
	w.wantReady(t, page)
	if changes := fail(1, 10*time.Second); changes != 1 {
		t.Error("a minute of failures is not said")
	}
	w.wantReady(t, page+" (7 tries in 1m0s)")
	if changes := fail(12, 10*time.Second); changes != 2 {
		t.Errorf("the message changed %d times in two minutes, want twice", changes)
	}
	w.wantReady(t, page+" (19 tries in 3m0s)")

	w.launch(t) // The next failure is another one's.
	if got := w.condition(v1alpha1.ConditionReady).Message; strings.Contains(got, "tries") {
		t.Errorf("after a success: %s", got)
	}
}

func TestAdvance_TaskCannotBeSeen_SaysSo(t *testing.T) {
	w := newWorld()
	w.launch(t)
	w.show(t, ecs.Pending, func(seen *ecs.Observation) {
		seen.Err = &ecs.Error{Class: ecs.RetrySame, Reason: v1alpha1.ReasonRetrying, Message: "describing tasks: status 500 Internal Server Error"}
	})
	w.wantReady(t, "Fargate is preparing the task and pulling its image, when it was last seen: describing tasks: status 500 Internal Server Error")
	w.show(t, ecs.Pending, nil)
	w.wantReady(t, "Fargate is preparing the task and pulling its image")
}
