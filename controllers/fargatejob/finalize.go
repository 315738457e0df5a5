package fargatejob

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/lifecycle"
	"github.com/fargate-operator/fargate-operator/internal/patch"
)

// finalize stops the job's task and lets the object go once ECS has accepted
// the stop.
func (r *Reconciler) finalize(ctx context.Context, job *v1alpha1.FargateJob) (reconcile.Result, error) {
	if !controllerutil.ContainsFinalizer(job, v1alpha1.Finalizer) {
		return reconcile.Result{}, nil
	}
	settled, err := r.jobs.Release(ctx, job, fmt.Sprintf("FargateJob %s/%s was deleted", job.Namespace, job.Name))
	switch {
	case err != nil && job.Annotations[v1alpha1.ForceDeleteAnnotation] == "true":
		log.FromContext(ctx).Error(err, "Letting go of a job whose task may still run, as its annotation demands")
	case err != nil:
		r.Events.Eventf(job, nil, corev1.EventTypeWarning, "StopFailed", "Stop",
			"the object stays until ECS accepts the stop (annotation %s=true gives it up): %s", v1alpha1.ForceDeleteAnnotation, err)
		return reconcile.Result{}, err
	case !settled:
		return reconcile.Result{RequeueAfter: lifecycle.SettlePause}, nil
	}
	stored := job.DeepCopy()
	controllerutil.RemoveFinalizer(job, v1alpha1.Finalizer)
	return patch.Result(patch.Object(ctx, r.Client, stored, job))
}
