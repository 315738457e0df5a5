package fargatetaskclass

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/classcheck"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/handoff"
	"github.com/fargate-operator/fargate-operator/internal/patch"
)

// +kubebuilder:rbac:groups=ci.fargate-operator.dev,resources=fargatetaskclasses,verbs=get;list;watch
// +kubebuilder:rbac:groups=ci.fargate-operator.dev,resources=fargatetaskclasses/status,verbs=patch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// DefaultInterval is the time between two checks of a class whose spec does not
// change: how long its status may lag behind what people change in AWS. A check
// costs four calls.
const DefaultInterval = 10 * time.Minute

// Checks that AWS did not answer are repeated between these bounds. The SDK has
// repeated each call for some seconds by then.
const minRetry, maxRetry = time.Second, 5 * time.Minute

// concurrency is how many classes are reconciled at a time, not counting those
// that wait for AWS.
const concurrency = 8

// Reconciler checks FargateTaskClasses.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Events records when a class becomes ready or stops being ready.
	Events events.EventRecorder
	// AWS is asked about what classes name.
	AWS classcheck.AWS
	// Interval is DefaultInterval except in tests.
	Interval time.Duration

	looks ecs.Lines
}

// SetupWithManager registers the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	r.looks.Width = looksAtATime
	workers := handoff.New(reconcile.AsReconciler(mgr.GetClient(), r), handoff.Options{
		Workers: concurrency,
		Limiter: workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](minRetry, maxRetry),
		Purpose: r.purpose,
		Metrics: waits,
	})
	return workers.Complete(mgr, ctrl.NewControllerManagedBy(mgr).
		Named("fargatetaskclass").
		For(&v1alpha1.FargateTaskClass{}, builder.WithPredicates(predicate.GenerationChangedPredicate{})))
}

// purpose is what a class is checked for: one spec of one class.
type purpose struct {
	uid        types.UID
	generation int64
}

func (r *Reconciler) purpose(ctx context.Context, name types.NamespacedName) any {
	class := &v1alpha1.FargateTaskClass{}
	if err := r.Client.Get(ctx, name, class); err != nil {
		return purpose{}
	}
	return purpose{uid: class.UID, generation: class.Generation}
}

// Reconcile checks one class, records what it found, and asks to be called
// again.
func (r *Reconciler) Reconcile(ctx context.Context, class *v1alpha1.FargateTaskClass) (reconcile.Result, error) {
	if !class.DeletionTimestamp.IsZero() {
		return reconcile.Result{}, nil
	}
	found, err := r.look(ctx, class)
	if err != nil {
		return reconcile.Result{}, err
	}
	stored := class.DeepCopy()
	unanswered := summarize(class, found)
	if err := r.writeStatus(ctx, stored, class); err != nil {
		return patch.Result(err)
	}
	r.report(stored, class)
	if len(unanswered) > 0 {
		return reconcile.Result{}, errors.Join(unanswered...)
	}
	return reconcile.Result{RequeueAfter: r.Interval}, nil
}

// writeStatus writes the status if it differs.
func (r *Reconciler) writeStatus(ctx context.Context, stored, class *v1alpha1.FargateTaskClass) error {
	if equality.Semantic.DeepEqual(stored.Status, class.Status) {
		return nil
	}
	return patch.Status(ctx, r.Client, stored, class)
}
