package handoff

import (
	"context"
	"fmt"
	"time"

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// trip is one reconciliation. Apart from news and canceled, its fields belong to
// its own goroutine, and to its worker once free is closed.
type trip struct {
	owner   *Reconciler
	request reconcile.Request
	purpose any
	cancel  context.CancelCauseFunc
	limit   *time.Timer // cancels it if it works too long

	free   chan struct{} // closed when its worker is free: it has ended or left
	left   bool
	placed bool // whether it takes one of the owner's places
	result reconcile.Result
	err    error

	// news is true if there was something to reconcile while it waited, canceled
	// if that is for another purpose. The owner's lock guards both.
	news, canceled bool
}

type tripKey struct{}

// begin starts a reconciliation, whose context outlasts its worker's.
func (r *Reconciler) begin(ctx context.Context, request reconcile.Request, purpose any) *trip {
	t := &trip{owner: r, request: request, purpose: purpose, free: make(chan struct{})}
	ctx, t.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	t.limit = time.AfterFunc(r.limit, func() { t.cancel(fmt.Errorf("it has worked for %s", r.limit)) })
	go t.run(context.WithValue(ctx, tripKey{}, t))
	return t
}

func (t *trip) run(ctx context.Context) {
	defer t.cancel(nil)
	defer context.AfterFunc(t.owner.stopping, func() { t.cancel(context.Canceled) })() //nolint:contextcheck // it ends with the manager
	t.reconcile(ctx)
	t.limit.Stop()
	if !t.left {
		close(t.free)
		return
	}
	t.giveUpPlace()
	t.owner.end(ctx, t)
}

// reconcile treats a panic as a controller does.
func (t *trip) reconcile(ctx context.Context) {
	defer func() {
		if p := recover(); p != nil {
			for _, handle := range utilruntime.PanicHandlers {
				handle(ctx, p)
			}
			t.err = fmt.Errorf("panic: %v [recovered]", p)
		}
	}()
	t.result, t.err = t.owner.inner.Reconcile(ctx, t.request)
}

// Wait says that a reconciliation waits for something slow from here on. It hands
// its worker over to others. The returned function says that the wait is over,
// and returns when the reconciliation may work on. Only the goroutine that
// reconciles may call the two. With another context they do nothing.
func Wait(ctx context.Context) (over func()) {
	t, ok := ctx.Value(tripKey{}).(*trip)
	if !ok {
		return func() {}
	}
	end := t.owner.options.Metrics.beginWait()
	t.leave()
	return func() {
		t.comeBack(ctx)
		end()
	}
}

func (t *trip) leave() {
	t.limit.Stop()
	t.giveUpPlace()
	if !t.left && t.owner.leave(t) {
		t.left = true
		close(t.free)
	}
}

// comeBack waits for a place, unless the reconciliation has its worker yet, or
// has only to end.
func (t *trip) comeBack(ctx context.Context) {
	defer t.limit.Reset(t.owner.limit)
	if !t.left {
		return
	}
	select {
	case t.owner.places <- struct{}{}:
		t.placed = true
	case <-ctx.Done():
	}
}

func (t *trip) giveUpPlace() {
	if t.placed {
		<-t.owner.places
		t.placed = false
	}
}
