package lifecycle

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// release releases the stored job once.
func (w *world) release(t *testing.T) (bool, error) {
	t.Helper()
	return w.process.Release(t.Context(), w.stored.DeepCopy(), "enough")
}

func (w *world) wantReleased(t *testing.T) {
	t.Helper()
	if settled, err := w.release(t); err != nil || !settled {
		t.Errorf("settled: %t, %v; want true", settled, err)
	}
	w.wantRunning(t, 0)
}

func TestRelease_CertainOfTheTasks_SettlesAtOnce(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		happens func(*testing.T, *world)
		stops   int
	}{
		"no step was taken":       {func(*testing.T, *world) {}, 0},
		"recorded, not written":   {func(t *testing.T, w *world) { t.Helper(); _, _, _ = w.attempt(t) }, 0},
		"recorded":                {func(t *testing.T, w *world) { t.Helper(); _, _ = w.advance(t) }, 0},
		"launched":                {func(t *testing.T, w *world) { t.Helper(); w.launch(t) }, 1},
		"runs":                    {func(t *testing.T, w *world) { t.Helper(); w.launch(t); w.run(t) }, 1},
		"launched by another one": {func(t *testing.T, w *world) { t.Helper(); w.launch(t); w.restart() }, 1},
		"launched, not written": {func(t *testing.T, w *world) {
			t.Helper()
			_, _ = w.advance(t)
			_, _, _ = w.attempt(t)
		}, 1},
		"refused": {func(t *testing.T, w *world) {
			t.Helper()
			w.cloud.Fail("Launch", 1, denied)
			w.mustAdvance(t)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			test.happens(t, w)
			w.wantReleased(t)
			if w.cloud.Calls("FindByOwner") != 0 || w.cloud.Calls("Stop") != test.stops {
				t.Errorf("%d searches and %d stops, want none and %d", w.cloud.Calls("FindByOwner"), w.cloud.Calls("Stop"), test.stops)
			}
			if watched := w.observers.Watched(); len(watched) != 0 {
				t.Errorf("still watched: %+v", watched)
			}
		})
	}
}

func TestRelease_Task_IsStoppedWithTheReason(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.launch(t)
	w.wantReleased(t)
	if reason := w.cloud.Tasks()[0].StopReason; reason != "enough" {
		t.Errorf("stopped with %q", reason)
	}
}

func TestRelease_TaskMayTurnUp_SettlesOnlyOnceItNoLongerCan(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(*testing.T, *world){
		"the process died after the attempt was written": func(_ *testing.T, w *world) { w.restart() },
		"an answer was lost": func(t *testing.T, w *world) {
			t.Helper()
			w.cloud.Fail("Launch", 1, noAnswer)
			_, _ = w.advance(t)
		},
		"the launch was called off": func(t *testing.T, w *world) {
			t.Helper()
			w.cloud.Fail("Launch", 1, context.Canceled)
			_, _ = w.advance(t)
		},
		"refused after an answer was lost": func(t *testing.T, w *world) {
			t.Helper()
			w.cloud.Fail("Launch", 1, noAnswer)
			w.cloud.Fail("Launch", 1, denied)
			_, _ = w.advance(t)
			_, _ = w.advance(t)
			w.clock.Step(SettlePause)
			w.restart()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			if _, err := w.advance(t); err != nil {
				t.Fatal(err)
			}
			happens(t, w)
			for end := w.clock.Now().Add(SettleTime); !w.clock.Now().After(end); w.clock.Step(SettleTime / 5) {
				if settled, err := w.release(t); err != nil || settled {
					t.Fatalf("settled: %t, %v; %s before the end of the search", settled, err, end.Sub(w.clock.Now()))
				}
			}
			w.wantReleased(t)
		})
	}
}

func TestRelease_TaskTurnsUp_IsStopped(t *testing.T) {
	t.Parallel()
	w := newWorld()
	if _, err := w.advance(t); err != nil {
		t.Fatal(err)
	}
	w.cloud.LoseAnswers("Launch", 1)
	w.cloud.Hide(true)
	_, _ = w.advance(t)
	w.restart()
	if settled, err := w.release(t); err != nil || settled {
		t.Fatalf("settled: %t, %v; before the task is listed", settled, err)
	}
	w.clock.Step(SettlePause)
	w.cloud.Hide(false)
	w.wantReleased(t)
}

func TestRelease_LaunchedAgainAfterASearch_SearchesFromThen(t *testing.T) {
	t.Parallel()
	w, _ := inDoubt(t, false) // This has searched once.
	w.clock.Step(SettleTime + 1)
	w.mustAdvance(t)
	w.stored.Status.Task = nil
	w.process.attempts = ledger{}
	w.cloud.Fail("Launch", 1, noAnswer)
	_, _ = w.advance(t)
	w.cloud.Hide(true)
	if settled, err := w.release(t); err != nil || settled {
		t.Errorf("settled: %t, %v; at the first search after a launch", settled, err)
	}
}

func TestRelease_AWSFails_DoesNotSettle(t *testing.T) {
	t.Parallel()
	t.Run("at the stop", func(t *testing.T) {
		t.Parallel()
		w := newWorld()
		w.launch(t)
		w.cloud.Fail("Stop", 1, denied)
		if _, err := w.release(t); !errors.Is(err, denied) {
			t.Errorf("got %v, want the fault", err)
		}
		w.wantReleased(t)
	})
	t.Run("at the search", func(t *testing.T) {
		t.Parallel()
		w := newWorld()
		_, _ = w.advance(t)
		w.restart()
		w.cloud.Fail("FindByOwner", 1, throttled)
		if settled, err := w.release(t); settled || !errors.Is(err, throttled) {
			t.Errorf("settled: %t, %v; want the fault", settled, err)
		}
	})
}

func TestRelease_SearchFails_HasNotSettledEvenIfItIsLate(t *testing.T) {
	t.Parallel()
	w := newWorld()
	_, _ = w.advance(t)
	w.restart()
	_, _ = w.release(t)
	w.clock.Step(2 * SettleTime)
	w.cloud.Fail("FindByOwner", 1, throttled)
	if settled, err := w.release(t); settled || err == nil {
		t.Errorf("settled: %t, %v; want an error", settled, err)
	}
}

func TestForget_Job_IsWatchedAndRememberedNoMore(t *testing.T) {
	t.Parallel()
	w := launchedWorld(t)
	if len(w.observers.Watched()) != 1 {
		t.Fatal("the task is not watched")
	}
	w.process.Forget(keyOf(w.stored))
	if watched := w.observers.Watched(); len(watched) != 0 {
		t.Errorf("still watched: %+v", watched)
	}
	w.wantNothingRemembered(t)
	w.process.Forget(keyOf(w.stored)) // Once more does nothing.
}

func TestForget_JobInDoubt_IsRememberedNoMore(t *testing.T) {
	t.Parallel()
	w, _ := inDoubt(t, false)
	w.process.Forget(keyOf(w.stored))
	w.wantNothingRemembered(t)
}

func (w *world) wantNothingRemembered(t *testing.T) {
	t.Helper()
	p := w.process
	if attempts, searches, watched := len(p.attempts.attempts.jobs), len(p.searches.jobs), len(p.watched.jobs); attempts+searches+watched != 0 {
		t.Errorf("attempts, searches and watches of %d, %d and %d jobs are remembered", attempts, searches, watched)
	}
}

func TestForget_OtherJobs_StayWatched(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.launch(t)
	other := w.stored.DeepCopy()
	other.Name, other.UID, other.Status = "other", "other", v1alpha1.FargateJobStatus{}
	first := w.stored
	w.stored = other
	w.launch(t)
	w.process.Forget(keyOf(first))
	var watched []string
	for _, watch := range w.observers.Watched() {
		watched = append(watched, watch.ARN)
	}
	if !slices.Equal(watched, []string{w.stored.Status.Task.ARN}) {
		t.Errorf("watched are %v, want the other job's %s", watched, w.stored.Status.Task.ARN)
	}
}
