package handoff

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

func TestWait_MoreThanThereAreWorkers_OthersAreReconciled(t *testing.T) {
	hangs := make(slow)
	b := newBench(t, 1, func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		if request.Name == "quick" {
			return reconcile.Result{}, nil
		}
		return reconcile.Result{}, hangs.await(ctx)
	})
	b.add("slow-1", "slow-2", "slow-3")
	b.awaitAway(t, 3)
	b.add("quick")
	b.awaitEnds(t, "quick", 1)
	b.awaitAway(t, 3)
	close(hangs)
	b.awaitAway(t, 0)
}

func TestWait_News_FollowsWhatWaits(t *testing.T) {
	hangs := make(slow)
	var running, most atomic.Int32
	b := newBench(t, 4, func(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
		most.Store(max(most.Load(), running.Add(1)))
		defer running.Add(-1)
		return reconcile.Result{}, hangs.await(ctx)
	})
	b.add("job")
	b.awaitAway(t, 1)
	b.add("job")
	b.awaitNews(t)
	if ended := b.ends("job"); ended != 0 {
		t.Errorf("%d reconciliations ended while the first waits", ended)
	}
	hangs <- struct{}{}
	b.awaitEnds(t, "job", 1)
	close(hangs)
	b.awaitEnds(t, "job", 2)
	if most.Load() != 1 {
		t.Errorf("%d reconciliations of one object at a time", most.Load())
	}
}

// awaitNews waits until every reconciliation that waits has heard that there is
// news.
func (b *bench) awaitNews(t *testing.T) {
	t.Helper()
	eventually.Holds(t, "the reconciliation hears of news", func() bool {
		b.Reconciler.mu.Lock()
		defer b.Reconciler.mu.Unlock()
		for _, trip := range b.away {
			if !trip.news {
				return false
			}
		}
		return true
	})
}

func TestWait_Fails_FailuresAreCounted(t *testing.T) {
	const fails = 5
	var tries atomic.Int32
	b := newBench(t, 1, func(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
		Wait(ctx)()
		if tries.Add(1) <= fails {
			return reconcile.Result{}, errSlow
		}
		<-ctx.Done()
		return reconcile.Result{}, ctx.Err()
	})
	b.add("job")
	b.awaitEnds(t, "job", fails)
	eventually.Shows(t, "all failures are counted", func() (bool, string) {
		got := b.failures()
		return got == fails, fmt.Sprintf("%d failures", got)
	})
}

func TestWait_Succeeds_FailuresAreForgotten(t *testing.T) {
	var tries atomic.Int32
	b := newBench(t, 1, func(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
		Wait(ctx)()
		if tries.Add(1) == 1 {
			return reconcile.Result{}, errSlow
		}
		return reconcile.Result{}, nil
	})
	b.add("job")
	b.awaitEnds(t, "job", 2)
	eventually.Holds(t, "the failure is forgotten", func() bool { return b.failures() == 0 })
}

func TestWait_AsksForAnotherTime_IsReconciledThen(t *testing.T) {
	b := newBench(t, 1, func(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
		Wait(ctx)()
		return reconcile.Result{RequeueAfter: time.Millisecond}, nil
	})
	b.add("job")
	b.awaitEnds(t, "job", 3)
}

func TestWait_AnotherPurpose_CancelsTheWait(t *testing.T) {
	hangs := make(slow)
	var canceled atomic.Bool
	b := newBench(t, 1, func(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
		if canceled.Load() {
			return reconcile.Result{}, nil
		}
		err := hangs.await(ctx)
		canceled.Store(true)
		return reconcile.Result{}, err
	})
	b.add("job")
	b.awaitAway(t, 1)
	b.setPurpose("deletion")
	b.add("job")
	b.awaitEnds(t, "job", 2)
	if failures := b.failures(); failures != 0 {
		t.Errorf("what was canceled counts as %d failures", failures)
	}
}

func TestWait_IsOver_NoMoreThanTheWorkersWorkOn(t *testing.T) {
	const workers, objects, waits = 2, 20, 2
	hangs, goOn := make(slow), make(chan struct{})
	var working atomic.Int32
	b := newBench(t, workers, func(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
		for range waits {
			if err := hangs.await(ctx); err != nil {
				return reconcile.Result{}, err
			}
			working.Add(1)
			<-goOn
			working.Add(-1)
		}
		return reconcile.Result{}, nil
	})
	for i := range objects {
		b.add(fmt.Sprint(i))
	}
	b.awaitAway(t, objects)
	close(hangs)
	eventually.Holds(t, "as many work on as there are workers", func() bool { return working.Load() == workers })
	for range objects * waits {
		if got := working.Load(); got > workers {
			t.Errorf("%d work on at a time, want at most %d", got, workers)
		}
		goOn <- struct{}{}
	}
	b.awaitAway(t, 0)
	if taken := len(b.places); taken != 0 {
		t.Errorf("%d places are still taken", taken)
	}
}

func TestWait_Panics_CountsAsAFailure(t *testing.T) {
	for name, wait := range map[string]func(context.Context){
		"with its worker":    func(context.Context) {},
		"without its worker": func(ctx context.Context) { Wait(ctx)() },
	} {
		t.Run(name, func(t *testing.T) {
			var tries atomic.Int32
			b := newBench(t, 1, func(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
				wait(ctx)
				if tries.Add(1) == 1 {
					panic("a fault")
				}
				return reconcile.Result{}, nil
			})
			b.add("job")
			b.awaitEnds(t, "job", 2)
		})
	}
}

func TestStop_WhileOneWaits_EndsThatFirst(t *testing.T) {
	hangs := make(slow)
	var ended atomic.Bool
	b := newBench(t, 1, func(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
		err := hangs.await(ctx)
		ended.Store(true)
		return reconcile.Result{}, err
	})
	b.add("job")
	b.awaitAway(t, 1)
	select {
	case err := <-b.stopped:
		t.Fatalf("it ended with %v before it was stopped", err)
	default:
	}
	b.stop()
	if err := bound.Value(t, b.stopped, "the end of all reconciliations"); err != nil || !ended.Load() {
		t.Errorf("stopped with %v; the one that waits has ended: %t", err, ended.Load())
	}
}

func TestStop_NoneLeavesItsWorkerAfterwards(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := newBench(t, 1, func(context.Context, reconcile.Request) (reconcile.Result, error) { return reconcile.Result{}, nil })
	b.stop()
	_ = bound.Value(t, b.stopped, "the end of all reconciliations")
	b.inner = reconcile.Func(func(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
		cancel()
		return reconcile.Result{}, make(slow).await(ctx)
	})
	if _, err := b.Reconcile(ctx, reconcile.Request{}); err == nil {
		t.Error("the worker did not wait for its reconciliation")
	}
}

func TestWait_OutsideOfAReconciliation_DoesNothing(t *testing.T) {
	Wait(t.Context())()
}

func TestWait_LongerThanItsWorkerAndTheLimit_GoesOn(t *testing.T) {
	hangs := make(slow)
	ended := make(chan error, 1)
	b := newBench(t, 1, func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		if request.Name == "other" {
			return reconcile.Result{}, nil
		}
		limit := ctx.Value(tripKey{}).(*trip).limit //nolint:errcheck // it has one
		over := Wait(ctx)
		if limit.Stop() {
			t.Error("the limit of its work goes on while it waits")
		}
		select {
		case <-hangs:
		case <-ctx.Done():
		}
		over()
		if !limit.Stop() {
			t.Error("its work has no limit after the wait")
		}
		ended <- ctx.Err()
		return reconcile.Result{}, nil
	})
	b.add("job")
	b.awaitAway(t, 1)
	b.add("other") // With the only worker, whose context for the job has ended.
	b.awaitEnds(t, "other", 1)
	close(hangs)
	if err := bound.Value(t, ended, "the end of the wait"); err != nil {
		t.Errorf("its context has ended with its worker's: %v", err)
	}
}

func TestWork_LongerThanTheLimit_IsCanceledAndRepeated(t *testing.T) {
	var tries atomic.Int32
	b := newBench(t, 1, func(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
		if tries.Add(1) > 1 {
			return reconcile.Result{}, nil
		}
		Wait(ctx)()
		<-ctx.Done() // A call that does not end by itself.
		return reconcile.Result{}, context.Cause(ctx)
	})
	b.limit = time.Millisecond
	b.add("job")
	b.awaitEnds(t, "job", 2)
}
