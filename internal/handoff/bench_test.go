package handoff

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

// bench is a Reconciler in a real controller that watches nothing.
type bench struct {
	*Reconciler
	limiter workqueue.TypedRateLimiter[reconcile.Request]
	metrics *Metrics
	stop    context.CancelFunc
	stopped chan error // gets the end of Start

	mu      sync.Mutex
	purpose string // of every object
	ended   map[string]int
}

func newBench(t *testing.T, workers int, inner reconcile.Func) *bench {
	t.Helper()
	b := &bench{
		limiter: workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](time.Millisecond, time.Millisecond),
		metrics: NewMetrics("test"),
		stopped: make(chan error, 1),
		ended:   map[string]int{},
	}
	counted := func(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
		defer b.count(request.Name)
		return inner(ctx, request)
	}
	b.Reconciler = New(reconcile.Func(counted), Options{Workers: workers, Limiter: b.limiter, Purpose: b.currentPurpose, Metrics: b.metrics})
	c, err := controller.NewUnmanaged("test", controller.Options{
		Reconciler: b.Reconciler, MaxConcurrentReconciles: workers, RateLimiter: b.Reconciler.limiter,
		Logger: logr.Discard(), SkipNameValidation: ptr.To(true),
		// With it, a worker's context ends when the worker is free.
		ReconciliationTimeout: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	keep := func(ctx context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
		defer close(started)
		return b.keepQueue(ctx, queue)
	}
	if err := c.Watch(source.Func(keep)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	b.stop = cancel
	go func() { b.stopped <- b.Start(ctx) }()
	done := make(chan error, 1)
	go func() { done <- c.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := bound.Value(t, done, "the end of the controller"); err != nil {
			t.Error(err)
		}
	})
	bound.Value(t, started, "the start of the controller")
	return b
}

func (b *bench) count(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended[name]++
}

func (b *bench) currentPurpose(context.Context, types.NamespacedName) any {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.purpose
}

func (b *bench) setPurpose(purpose string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.purpose = purpose
}

// add has objects reconciled.
func (b *bench) add(names ...string) {
	for _, name := range names {
		b.Wake(types.NamespacedName{Name: name})
	}
}

// awaitEnds waits until an object's reconciliations have ended so often.
func (b *bench) awaitEnds(t *testing.T, name string, times int) {
	t.Helper()
	eventually.Holds(t, name+" is reconciled", func() bool { return b.ends(name) >= times })
}

func (b *bench) ends(name string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ended[name]
}

// awaitAway waits until as many reconciliations wait.
func (b *bench) awaitAway(t *testing.T, number int) {
	t.Helper()
	eventually.Holds(t, "reconciliations wait", func() bool {
		b.Reconciler.mu.Lock()
		defer b.Reconciler.mu.Unlock()
		return len(b.away) == number
	})
}

// failures is how often the object job has failed in a row.
func (b *bench) failures() int {
	return b.limiter.NumRequeues(reconcile.Request{NamespacedName: types.NamespacedName{Name: "job"}})
}

// slow is what reconciliations wait for.
type slow chan struct{}

var errSlow = errors.New("it failed")

// await waits as a call does.
func (s slow) await(ctx context.Context) error {
	defer Wait(ctx)()
	select {
	case <-s:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
