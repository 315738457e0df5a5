package lifecycle

import (
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// late is a world whose job has met its launch deadline, with a task that has
// not become ready.
func late(t *testing.T) *world {
	t.Helper()
	w := launchedWorld(t)
	w.show(t, ecs.Provisioning, nil)
	w.clock.Step(10 * time.Minute)
	return w
}

func TestStall_TaskNotReadyInTime_IsStopped(t *testing.T) {
	t.Parallel()
	w := late(t)
	w.mustAdvance(t)
	w.wantStalled(t, v1alpha1.ReasonLaunchDeadlineExceeded, "10m0s")
	if task := w.cloud.Tasks()[0]; task.StopReason != w.condition(v1alpha1.ConditionStalled).Message {
		t.Errorf("stopped with %q, want the reason of the stall", task.StopReason)
	}
}

func TestStall_StopFails_TheJobStallsOnceItIsStopped(t *testing.T) {
	t.Parallel()
	w := late(t)
	w.cloud.Fail("Stop", 1, throttled)
	if _, err := w.advance(t); !errors.Is(err, throttled) {
		t.Errorf("got %v, want the fault", err)
	}
	if IsStalled(w.stored) {
		t.Error("stalled, and the task runs")
	}
	w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonProvisioning, throttled.Message)
	w.mustAdvance(t)
	w.wantStalled(t, v1alpha1.ReasonLaunchDeadlineExceeded, "")
	w.wantRunning(t, 0)
}

func TestStall_StopRefused_StallsAndSaysThatTheTaskRuns(t *testing.T) {
	t.Parallel()
	w := late(t)
	w.cloud.Fail("Stop", 1, denied)
	w.mustAdvance(t)
	w.wantStalled(t, v1alpha1.ReasonLaunchDeadlineExceeded, "10m0s")
	w.wantStalled(t, v1alpha1.ReasonLaunchDeadlineExceeded, "could not be stopped: "+denied.Message)
}

func TestStall_TaskIsStoppingAlready_IsNotStoppedAgain(t *testing.T) {
	t.Parallel()
	w := launchedWorld(t)
	w.run(t)
	w.show(t, ecs.Deprovisioning, stoppedBy(v1alpha1.ReasonUserInitiated, "enough"))
	w.wantStalled(t, v1alpha1.ReasonUserInitiated, "")
	if calls := w.cloud.Calls("Stop"); calls != 0 {
		t.Errorf("stopped %d times", calls)
	}
}

func TestStall_TaskNotWrittenDown_IsFoundAndStopped(t *testing.T) {
	t.Parallel()
	w := newWorld()
	if _, err := w.advance(t); err != nil {
		t.Fatal(err)
	}
	w.cloud.LoseAnswers("Launch", 1)
	_, _ = w.advance(t)
	w.clock.Step(10 * time.Minute)
	w.cloud.Fail("FindByOwner", 1, throttled)
	if _, err := w.advance(t); !errors.Is(err, throttled) || IsStalled(w.stored) {
		t.Errorf("got %v, want the fault of the search and no stall", err)
	}
	w.mustAdvance(t)
	w.wantStalled(t, v1alpha1.ReasonLaunchDeadlineExceeded, "")
	w.wantRunning(t, 0)
	if w.stored.Status.Task == nil {
		t.Error("the job does not say which task was its own")
	}
}

func TestStall_NoTaskFound_StallsAllTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld()
	_, _ = w.advance(t)
	w.restart()
	w.clock.Step(10 * time.Minute)
	w.mustAdvance(t)
	w.wantStalled(t, v1alpha1.ReasonLaunchDeadlineExceeded, "")
	if w.stored.Status.Task != nil {
		t.Errorf("the job has task %+v", w.stored.Status.Task)
	}
}

func TestStall_Stalled_NothingIsLaunchedAnyMore(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.classErr = Stallf(v1alpha1.ReasonClassNotFound, "no class %s", "default")
	w.mustAdvance(t)
	w.wantStalled(t, v1alpha1.ReasonClassNotFound, "no class default")
	w.classErr = nil
	if due := w.mustAdvance(t); !due.IsZero() {
		t.Errorf("due at %s, want no time", due)
	}
	if w.stored.Status.Attempt != 0 || w.cloud.Calls("Launch") != 0 {
		t.Errorf("attempt %d after %d launches", w.stored.Status.Attempt, w.cloud.Calls("Launch"))
	}
}
