package fargatejob

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/controllers/patch"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// ListTasks may show a task a few seconds after RunTask accepted it. A job
// that was deleted before its task was written down is searched for until its
// attempt is settleTime old.
const (
	settleTime  = 15 * time.Second
	settlePause = 2 * time.Second
)

// finalize stops the job's task and lets the object go once ECS has accepted
// that.
func (r *Reconciler) finalize(ctx context.Context, job *v1alpha1.FargateJob) (reconcile.Result, error) {
	if !controllerutil.ContainsFinalizer(job, v1alpha1.Finalizer) {
		return reconcile.Result{}, nil
	}
	settled, err := r.stopTasks(ctx, job)
	switch {
	case err != nil && job.Annotations[v1alpha1.ForceDeleteAnnotation] == "true":
		log.FromContext(ctx).Error(err, "Letting go of a job whose task may still run, as its annotation demands")
	case err != nil:
		r.Events.Eventf(job, nil, corev1.EventTypeWarning, "StopFailed", "Stop",
			"%s; the object stays until ECS accepts the stop (annotation %s=true gives it up)", err, v1alpha1.ForceDeleteAnnotation)
		return reconcile.Result{}, err
	case !settled:
		return reconcile.Result{RequeueAfter: settlePause}, nil
	}
	stored := job.DeepCopy()
	controllerutil.RemoveFinalizer(job, v1alpha1.Finalizer)
	if err := patch.Object(ctx, r.Client, stored, job); err != nil {
		return patch.Result(err)
	}
	r.launched.forget(job)
	return reconcile.Result{}, nil
}

// stopTasks stops every task that may belong to the job, and reports whether
// no other can turn up.
func (r *Reconciler) stopTasks(ctx context.Context, job *v1alpha1.FargateJob) (bool, error) {
	if job.Status.Resolved == nil {
		return true, nil
	}
	arns, settled, err := r.tasksOf(ctx, job)
	if err != nil {
		return false, err
	}
	reason := fmt.Sprintf("FargateJob %s/%s was deleted", job.Namespace, job.Name)
	for _, arn := range arns {
		err = errors.Join(err, r.ECS.Stop(ctx, ecs.LocationOf(job.Status.Resolved), arn, reason))
		r.Observers.Forget(arn)
	}
	return settled, err
}

// tasksOf finds the job's task: in the status, in what this process has
// launched, or in ECS, where a controller that died in between left it.
func (r *Reconciler) tasksOf(ctx context.Context, job *v1alpha1.FargateJob) (arns []string, settled bool, err error) {
	known := sets.New[string]()
	if task := job.Status.Task; task != nil {
		known.Insert(task.ARN)
	}
	if arn := r.launched.latest(job); arn != "" {
		known.Insert(arn)
	}
	if len(known) > 0 || refused(job) {
		return sets.List(known), true, nil
	}
	arns, err = r.ECS.FindByOwner(ctx, ecs.LocationOf(job.Status.Resolved), ownerOf(job, r.Installation))
	old := job.Status.AttemptTime != nil && time.Since(job.Status.AttemptTime.Time) > settleTime
	return arns, old || len(arns) > 0, err
}

// refused is true if ECS has said no to the last attempt for good.
func refused(job *v1alpha1.FargateJob) bool {
	return isStalled(job) && meta.IsStatusConditionPresentAndEqual(job.Status.Conditions, v1alpha1.ConditionLaunched, metav1.ConditionFalse)
}
