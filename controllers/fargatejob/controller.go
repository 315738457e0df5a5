package fargatejob

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/handoff"
	"github.com/fargate-operator/fargate-operator/internal/lifecycle"
	"github.com/fargate-operator/fargate-operator/internal/patch"
)

// +kubebuilder:rbac:groups=ci.fargate-operator.dev,resources=fargatejobs,verbs=list;watch;patch;delete
// +kubebuilder:rbac:groups=ci.fargate-operator.dev,resources=fargatejobs/status,verbs=patch
// +kubebuilder:rbac:groups=ci.fargate-operator.dev,resources=fargatetaskclasses,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Failed reconciliations are repeated between these bounds.
const minRetry, maxRetry = 100 * time.Millisecond, 30 * time.Second

// concurrency is how many jobs are reconciled at a time, not counting those that
// wait for AWS.
const concurrency = 32

// Reconciler reconciles FargateJobs.
type Reconciler struct {
	// Client reads from the cache and writes to the API server.
	Client client.Client
	// Reader reads from the API server, for what the cache may not have yet.
	Reader client.Reader
	// Events records what happened to a job.
	Events events.EventRecorder
	// ECS launches, finds and stops tasks.
	ECS lifecycle.Cloud
	// Observers observe them.
	Observers lifecycle.Observers
	// Installation tells this installation's tasks from others'.
	Installation string
	// Now is the clock that jobs' deadlines are kept by. Nil means time.Now.
	Now func() time.Time

	jobs    *lifecycle.Lifecycle
	workers *handoff.Reconciler
}

// SetupWithManager registers the controller.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager) error {
	r.prepare()
	return r.workers.Complete(mgr, ctrl.NewControllerManagedBy(mgr).
		Named("fargatejob").
		For(&v1alpha1.FargateJob{}, builder.WithPredicates(progress)))
}

// prepare makes the reconciler ready for its first job.
func (r *Reconciler) prepare() {
	if r.Now == nil {
		r.Now = time.Now
	}
	r.workers = handoff.New(r, handoff.Options{
		Workers: concurrency,
		Limiter: workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](minRetry, maxRetry),
		Purpose: r.purpose,
		Metrics: waits,
	})
	r.jobs = &lifecycle.Lifecycle{
		ECS:          slowCloud{r.ECS},
		Observers:    r.Observers,
		Installation: r.Installation,
		Class:        r.class,
		Wake:         r.workers.Wake,
		Launched:     func(reason string) { launchesTotal.WithLabelValues(reason).Inc() },
		Now:          r.Now,
	}
}

// Reconcile brings one job one step further, or forgets one that is gone, also
// if its finalizer was taken away.
func (r *Reconciler) Reconcile(ctx context.Context, request reconcile.Request) (reconcile.Result, error) {
	job := &v1alpha1.FargateJob{}
	err := r.Client.Get(ctx, request.NamespacedName, job)
	if apierrors.IsNotFound(err) {
		r.jobs.Forget(request.NamespacedName)
		return reconcile.Result{}, nil
	}
	if err != nil {
		return reconcile.Result{}, err
	}
	return r.reconcile(ctx, job)
}

// reconcile takes the steps of a job's life, which only change the object in
// hand. What they changed is written here, which brings the job back.
func (r *Reconciler) reconcile(ctx context.Context, job *v1alpha1.FargateJob) (reconcile.Result, error) {
	if !job.DeletionTimestamp.IsZero() {
		return r.finalize(ctx, job)
	}
	if !controllerutil.ContainsFinalizer(job, v1alpha1.Finalizer) {
		return r.addFinalizer(ctx, job)
	}
	if expired(job, r.Now()) {
		return reconcile.Result{}, client.IgnoreNotFound(r.Client.Delete(ctx, job, client.Preconditions{UID: &job.UID}))
	}

	stored := job.DeepCopy()
	due, err := r.jobs.Advance(ctx, job)
	if err := r.writeStatus(ctx, stored, job); err != nil {
		return patch.Result(err)
	}
	r.report(stored, job)
	return r.result(job, due, err)
}

// result says when to look at the job again. What AWS or a person changes
// wakes it earlier.
func (r *Reconciler) result(job *v1alpha1.FargateJob, due time.Time, err error) (reconcile.Result, error) {
	if end := expiry(job); due.IsZero() || !end.IsZero() && end.Before(due) {
		due = end
	}
	if err != nil || due.IsZero() {
		return reconcile.Result{}, err
	}
	return reconcile.Result{RequeueAfter: max(due.Sub(r.Now()), time.Nanosecond)}, nil
}

func (r *Reconciler) addFinalizer(ctx context.Context, job *v1alpha1.FargateJob) (reconcile.Result, error) {
	stored := job.DeepCopy()
	controllerutil.AddFinalizer(job, v1alpha1.Finalizer)
	return patch.Result(patch.Object(ctx, r.Client, stored, job))
}

// writeStatus writes the status if it differs.
func (r *Reconciler) writeStatus(ctx context.Context, stored, job *v1alpha1.FargateJob) error {
	if equality.Semantic.DeepEqual(stored.Status, job.Status) {
		return nil
	}
	return patch.Status(ctx, r.Client, stored, job)
}
