// Package patch writes a controller's changes to an object with an optimistic
// lock: a controller with a stale cache never undoes what another one has
// recorded.
package patch

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// conflictPause is how long to wait for the cache after a write was refused
// because the object had changed.
const conflictPause = 50 * time.Millisecond

// Object writes the differences between the stored and the changed object,
// except in status.
func Object(ctx context.Context, c client.Client, stored, changed client.Object) error {
	return c.Patch(ctx, changed, withLock(stored))
}

// Status writes the differences between the two objects' status.
func Status(ctx context.Context, c client.Client, stored, changed client.Object) error {
	return c.Status().Patch(ctx, changed, withLock(stored))
}

func withLock(stored client.Object) client.Patch {
	return client.MergeFromWithOptions(stored, client.MergeFromWithOptimisticLock{})
}

// Result ends a reconciliation after a write. A conflict is not an error,
// because the cache catches up soon; neither is an object that is gone.
func Result(err error) (reconcile.Result, error) {
	if apierrors.IsConflict(err) {
		return reconcile.Result{RequeueAfter: conflictPause}, nil
	}
	return reconcile.Result{}, client.IgnoreNotFound(err)
}
