// Package handoff keeps the workers of a controller free: a reconciliation that
// waits for something slow hands its worker over to the next one, and goes on
// without a worker.
package handoff

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"
)

// workLimit bounds how long a reconciliation works without a wait: calls to the API
// server have no limit of their own. Those to AWS, for which it waits, do.
const workLimit = 2 * time.Minute

// Options say how a controller reconciles.
type Options struct {
	// Workers is how many reconciliations work at a time with a worker, and again
	// as many that have come back from a wait. Those that wait are not counted.
	Workers int
	// Limiter decides when a reconciliation that failed is repeated.
	Limiter workqueue.TypedRateLimiter[reconcile.Request]
	// Purpose is what the object is reconciled for now, a comparable value. If it
	// changes while a reconciliation waits, that is canceled and another follows.
	Purpose func(context.Context, types.NamespacedName) any
	// Metrics measure the waits.
	Metrics *Metrics
}

// Reconciler runs the reconciliations of a controller, never two of the same
// object at a time.
type Reconciler struct {
	inner   reconcile.Reconciler
	options Options
	limit   time.Duration
	limiter *limiter
	queue   priorityqueue.PriorityQueue[reconcile.Request]
	// places are taken by those that have come back from a wait.
	places chan struct{}
	// stopping ends when the manager stops: the contexts that the controller gives
	// to reconciliations are its workers'.
	stopping context.Context
	stop     context.CancelFunc

	mu     sync.Mutex
	away   map[reconcile.Request]*trip
	closed bool           // whether a reconciliation has to stay with its worker
	trips  sync.WaitGroup // as many as there are in away
}

// New returns a Reconciler for the reconciliations of inner, which call Wait
// before they wait.
func New(inner reconcile.Reconciler, options Options) *Reconciler {
	r := &Reconciler{
		inner:   inner,
		options: options,
		limit:   workLimit,
		limiter: newLimiter(options.Limiter),
		places:  make(chan struct{}, options.Workers),
		away:    map[reconcile.Request]*trip{},
	}
	r.stopping, r.stop = context.WithCancel(context.Background())
	return r
}

// Complete adds a controller to the manager, which does not stop before all
// reconciliations have ended.
func (r *Reconciler) Complete(mgr ctrl.Manager, builder *ctrl.Builder) error {
	if err := mgr.Add(r); err != nil {
		return err
	}
	return builder.
		WatchesRawSource(source.Func(r.keepQueue)).
		WithOptions(controller.Options{MaxConcurrentReconciles: r.options.Workers, RateLimiter: r.limiter}).
		Complete(r)
}

// Start returns once the context has ended and then every reconciliation that has
// left its worker. The controller itself waits for the others.
func (r *Reconciler) Start(ctx context.Context) error {
	<-ctx.Done()
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.stop()
	r.trips.Wait()
	return nil
}

// Reconcile begins a reconciliation, and returns when that has ended or waits. If
// one of the object is waiting, another follows it.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	purpose := r.options.Purpose(ctx, request.NamespacedName)
	if r.isAway(request, purpose) {
		r.limiter.keep(request)
		return reconcile.Result{}, nil
	}
	t := r.begin(ctx, request, purpose)
	<-t.free
	if t.left {
		r.limiter.keep(request)
		return reconcile.Result{}, nil
	}
	return t.result, t.err
}

// isAway reports whether a reconciliation of the object is waiting, which hears
// that there is news.
func (r *Reconciler) isAway(request reconcile.Request, purpose any) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	t, ok := r.away[request]
	if !ok {
		return false
	}
	t.news = true
	if t.purpose != purpose {
		t.canceled = true
		t.cancel(context.Canceled)
	}
	return true
}

// leave lets a reconciliation go on without its worker, and reports whether it
// may.
func (r *Reconciler) leave(t *trip) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.away[t.request] = t
	r.trips.Add(1)
	return true
}

// end takes in what became of a reconciliation that has left its worker, as the
// controller does with the others.
func (r *Reconciler) end(ctx context.Context, t *trip) {
	defer r.trips.Done()
	r.mu.Lock()
	delete(r.away, t.request)
	news, canceled := t.news, t.canceled
	r.mu.Unlock()
	r.options.Metrics.end(t, canceled)
	if !canceled {
		r.schedule(ctx, t)
	}
	if news {
		r.Wake(t.request.NamespacedName)
	}
}
