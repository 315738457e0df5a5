package lifecycle

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

func TestRelease_TheTaskHasStopped_NeedsNoStopNorThePermissionForIt(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.launch(t)
	w.show(t, ecs.Stopped, stoppedBy("UserInitiated", "by hand"))
	stops := w.cloud.Calls("Stop")
	w.cloud.Fail("Stop", 10, denied)
	settled, err := w.process.Release(t.Context(), w.stored, "deleted")
	if err != nil || !settled {
		t.Errorf("settled %t, error %v", settled, err)
	}
	if got := w.cloud.Calls("Stop"); got != stops {
		t.Errorf("a task that had stopped was stopped %d times more", got-stops)
	}
}

func TestMissing_IsNotWatchedAnyMore_AndCountsAsStopped(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.launch(t)
	w.run(t)
	w.show(t, ecs.Running, func(seen *ecs.Observation) { seen.Missing = true })
	w.wantStalled(t, v1alpha1.ReasonTaskMissing, "does not know")
	w.mustAdvance(t)
	w.wantCondition(t, v1alpha1.ConditionStopped, metav1.ConditionTrue, v1alpha1.ReasonTaskMissing, "does not know")
	if _, watched := w.observers.Latest(w.stored.Status.Task.ARN); watched {
		t.Error("a task that ECS no longer knows is still looked at")
	}
}

func TestAddress_IsTakenBackWhenTheTaskEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*ecs.Observation){
		"stopped": stoppedBy("UserInitiated", "by hand"),
		"stopping": func(seen *ecs.Observation) {
			stoppedBy("SpotInterruption", "Spot")(seen)
			seen.Task.LastStatus = ecs.Deprovisioning
		},
		"missing": func(seen *ecs.Observation) { seen.Missing = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.launch(t)
			w.run(t)
			if w.stored.Status.Address == nil {
				t.Fatal("a job that is ready has no address")
			}
			w.show(t, ecs.Stopped, end)
			if w.stored.Status.Address != nil {
				t.Errorf("the address stays: %+v", w.stored.Status.Address)
			}
			w.wantCondition(t, v1alpha1.ConditionAddressAssigned, metav1.ConditionFalse, v1alpha1.ReasonTaskStopped, "has ended")
		})
	}
}
