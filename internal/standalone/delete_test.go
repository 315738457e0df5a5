package standalone

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/lifecycle"
	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

func TestDelete_JobThatNoStageHasTakenUp_CallsNothing(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.AWS.Reset()
	create(t, w.open(t))
	remove(t, w.open(t))
	if calls := w.AWS.Calls(); len(calls) != 0 {
		t.Errorf("AWS was called: %v", calls)
	}
	w.wantNothingLeft(t)
}

func TestDelete_TaskNotWrittenDown_IsFoundAndStopped(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	create(t, w.open(t))
	watchUntil(t, w.open(t), isReady)
	w.change(t, func(job *v1alpha1.FargateJob) { job.Status.Task, job.Status.Address = nil, nil })
	remove(t, w.open(t))
	w.wantNothingLeft(t)
}

func TestDelete_LaunchWasCutOff_KeepsTheStateUntilNoTaskCanTurnUp(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	create(t, w.open(t))
	watchUntil(t, w.open(t), func(job *v1alpha1.FargateJob) bool { return job.Status.Attempt == 1 })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := w.open(t).Delete(ctx, key); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the end of the context", err)
	}
	w.stored(t)
	remove(t, w.openInHaste(t))
	w.wantNothingLeft(t)
}

// openInHaste returns a store for which every look at the clock takes as long
// as a search for tasks may.
func (w *world) openInHaste(t *testing.T) *Store {
	t.Helper()
	store, clock := w.open(t), time.Now()
	store.now = func() time.Time { clock = clock.Add(lifecycle.SettleTime + time.Second); return clock }
	return store
}

func TestDelete_TaskNotListedYet_IsWaitedFor(t *testing.T) {
	w := newWorld(t, localecs.Config{MissingFor: time.Second})
	create(t, w.open(t))
	watchUntil(t, w.open(t), func(job *v1alpha1.FargateJob) bool { return job.Status.Task != nil })
	w.change(t, func(job *v1alpha1.FargateJob) { job.Status.Task = nil })
	remove(t, w.open(t))
	w.wantNothingLeft(t)
}

func TestWatch_AnswersWereLostUntilTheDeadline_FindsAndStopsTheTask(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	create(t, w.open(t))
	w.AWS.FailNext("RunTask", always, localecs.LostAnswerFault())
	watchUntil(t, w.open(t), wasNotHeard)
	late := w.open(t)
	late.now = func() time.Time { return time.Now().Add(time.Hour) }
	if job := watchUntil(t, late, lifecycle.IsStalled); job.Status.Task == nil {
		t.Error("the stalled job does not name its task")
	}
	if arns := w.running(t); len(arns) != 0 {
		t.Errorf("tasks are left: %v", arns)
	}
	remove(t, w.open(t))
	w.wantNothingLeft(t)
}

func TestDelete_RefusedAfterAnAnswerWasLost_FindsAndStopsTheTask(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	create(t, w.open(t))
	w.AWS.FailNext("RunTask", sdkAttempts, localecs.LostAnswerFault())
	denied := localecs.APIError{Code: "AccessDeniedException", Message: "not authorized to perform: ecs:RunTask", Status: 400}
	w.AWS.FailNext("RunTask", 1, localecs.ErrorFault(denied))
	watchUntil(t, w.open(t), lifecycle.IsStalled)
	w.AWS.Reset()
	remove(t, w.open(t))
	w.wantNothingLeft(t)
}

// sdkAttempts is how often the AWS SDK tries a call before it gives up.
const sdkAttempts = 3

// wasNotHeard is true once a launch got no answer.
func wasNotHeard(job *v1alpha1.FargateJob) bool {
	launched := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionLaunched)
	return launched != nil && launched.Reason == v1alpha1.ReasonRetrying
}

func TestDelete_LaunchWasRefused_SearchesForNothing(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	store := w.open(t)
	create(t, store)
	denied := localecs.APIError{Code: "AccessDeniedException", Message: "not authorized to perform: ecs:RunTask", Status: 400}
	w.AWS.FailNext("RunTask", 1, localecs.ErrorFault(denied))
	watchUntil(t, store, lifecycle.IsStalled)
	remove(t, store)
	if calls := w.AWS.Calls()["ListTasks"]; calls != 0 {
		t.Errorf("%d ListTasks calls, want none", calls)
	}
	w.wantNothingLeft(t)
}

func TestDelete_AWSUnreachable_KeepsTheState(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	create(t, w.open(t))
	watchUntil(t, w.open(t), isReady)
	w.AWS.FailNext("StopTask", always, localecs.DropFault())
	var unavailable *executor.UnavailableError
	if err := w.open(t).Delete(t.Context(), key); !errors.As(err, &unavailable) {
		t.Errorf("got %v, want *UnavailableError", err)
	}
	w.stored(t)
	w.AWS.Reset()
	remove(t, w.open(t))
	w.wantNothingLeft(t)
}

func TestDelete_StopForbidden_SaysSoAtOnce(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	create(t, w.open(t))
	watchUntil(t, w.open(t), isReady)
	w.AWS.FailNext("StopTask", 1, localecs.ErrorFault(localecs.APIError{Code: "AccessDeniedException", Message: "no", Status: 400}))
	err := w.open(t).Delete(t.Context(), key)
	wantText(t, err, "ecs:StopTask")
	w.stored(t)
}

// A cleanup stage may come at any time while a prepare stage lives, and twice.
func TestDelete_WhileAnotherProcessWatches_LeavesNoTask(t *testing.T) {
	for _, state := range []string{"", v1alpha1.ReasonLaunching, v1alpha1.ReasonProvisioning, v1alpha1.ReasonReady} {
		t.Run("at "+state, func(t *testing.T) {
			w := newWorld(t, localecs.Config{Delays: localecs.Delays{Provisioning: 50 * time.Millisecond, Pending: 50 * time.Millisecond}})
			create(t, w.open(t))
			ctx, cancel := context.WithTimeout(t.Context(), deadline)
			defer cancel()
			var cleanups sync.WaitGroup
			var once sync.Once
			clean := func() {
				for range 2 {
					store := w.open(t)
					cleanups.Go(func() {
						if err := store.Delete(ctx, key); err != nil {
							t.Errorf("delete: %v", err)
						}
					})
				}
			}
			if state == "" {
				once.Do(clean)
			}
			err := w.open(t).Watch(ctx, key, func(job *v1alpha1.FargateJob) error {
				if readyReason(job) == state {
					once.Do(clean)
				}
				return nil
			})
			bound.End(t, "the end of the deletions", cleanups.Wait)
			if !errors.Is(err, executor.ErrJobGone) {
				t.Errorf("the watch ended with %v, want ErrJobGone", err)
			}
			w.wantNothingLeft(t)
		})
	}
}
