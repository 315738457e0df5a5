package handoff

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// newsPriority is the priority of an object of which there is news: somebody may
// wait for it. All else has priority 0, the objects of a cache that has just been
// filled less.
const newsPriority = 100

// keepQueue keeps the controller's queue.
func (r *Reconciler) keepQueue(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	prioritized, ok := queue.(priorityqueue.PriorityQueue[reconcile.Request])
	if !ok {
		return fmt.Errorf("starting the controller: its queue is a %T and has no priorities", queue)
	}
	r.queue = prioritized
	return nil
}

// Wake has an object reconciled before those of which nothing is known to have
// changed. It does not block.
func (r *Reconciler) Wake(object types.NamespacedName) {
	r.queue.AddWithOpts(priorityqueue.AddOpts{Priority: ptr.To(newsPriority)}, reconcile.Request{NamespacedName: object})
}

// schedule does with a reconciliation's result what a controller does.
func (r *Reconciler) schedule(ctx context.Context, t *trip) {
	if r.stopping.Err() != nil {
		return
	}
	if t.err != nil {
		log.FromContext(ctx).Error(t.err, "Reconciler error")
		r.queue.AddRateLimited(t.request)
		return
	}
	r.limiter.TypedRateLimiter.Forget(t.request)
	if t.result.RequeueAfter > 0 {
		r.queue.AddAfter(t.request, t.result.RequeueAfter)
	}
}

// limiter counts the failures of objects. The controller takes a reconciliation
// that has left its worker for a success, and has the failures forgotten: once
// for each, that is left out.
type limiter struct {
	workqueue.TypedRateLimiter[reconcile.Request]

	mu   sync.Mutex
	kept sets.Set[reconcile.Request]
}

func newLimiter(inner workqueue.TypedRateLimiter[reconcile.Request]) *limiter {
	return &limiter{TypedRateLimiter: inner, kept: sets.New[reconcile.Request]()}
}

// keep leaves out the next Forget of a request.
func (l *limiter) keep(request reconcile.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept.Insert(request)
}

// Forget is called by the controller.
func (l *limiter) Forget(request reconcile.Request) {
	l.mu.Lock()
	kept := l.kept.Has(request)
	l.kept.Delete(request)
	l.mu.Unlock()
	if !kept {
		l.TypedRateLimiter.Forget(request)
	}
}
