package lifecycle

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

func TestConditions_LongMessage_IsCutToWhatTheAPIServerTakes(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.classErr = Stallf(v1alpha1.ReasonClassNotFound, "x%s", strings.Repeat("é", maxMessage))
	w.mustAdvance(t)
	message := w.condition(v1alpha1.ConditionStalled).Message
	if len(message) > maxMessage || len(message) < maxMessage-utf8.UTFMax || !utf8.ValidString(message) {
		t.Errorf("%d bytes, want at most %d and whole characters", len(message), maxMessage)
	}
}

func TestConditions_AreOfTheGenerationAndByTheClock(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.stored.Generation = 3
	w.clock.Step(time.Hour)
	w.mustAdvance(t)
	if w.stored.Status.ObservedGeneration != 3 {
		t.Errorf("observed generation %d, want 3", w.stored.Status.ObservedGeneration)
	}
	for _, condition := range w.stored.Status.Conditions {
		if condition.ObservedGeneration != 3 || !condition.LastTransitionTime.Time.Equal(w.clock.Now()) {
			t.Errorf("%s is of generation %d since %s, want 3 since %s",
				condition.Type, condition.ObservedGeneration, condition.LastTransitionTime, w.clock.Now())
		}
	}
}

func TestConditions_AnErrorOfAReadyJob_LeavesItReady(t *testing.T) {
	t.Parallel()
	w := launchedWorld(t)
	w.run(t)
	w.stored.Spec.ActiveDeadlineSeconds = 60
	w.clock.Step(time.Minute)
	w.cloud.Fail("Stop", 1, throttled)
	if _, err := w.advance(t); err == nil {
		t.Fatal("a stop that fails is no error")
	}
	w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady, "10.0.0.7")
}

func TestConditions_UnknownState_CountsAsStopping(t *testing.T) {
	t.Parallel()
	w := launchedWorld(t)
	w.show(t, ecs.Stopping, nil)
	w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonStopping, "")
}
