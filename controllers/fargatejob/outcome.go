package fargatejob

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// errRecorded ends a reconciliation whose status has to be written before the
// next step: writing it brings the job back.
var errRecorded = errors.New("recorded, to be continued")

// stalling is an error that no retry will mend.
type stalling struct {
	reason  string
	message string
}

func (s *stalling) Error() string { return s.message }

func stallf(reason, format string, args ...any) error {
	return &stalling{reason: reason, message: fmt.Sprintf(format, args...)}
}

// settle decides what an error means. A job that stalls gives up its task
// first: if that cannot be done now, the job does not stall yet.
func (r *Reconciler) settle(ctx context.Context, job *v1alpha1.FargateJob, err error) error {
	var fault *ecs.Error
	if errors.As(err, &fault) && fault.Class == ecs.Terminal {
		err = &stalling{reason: fault.Reason, message: fault.Message}
	}
	var stall *stalling
	if !errors.As(err, &stall) {
		return err
	}
	if task := job.Status.Task; task != nil && task.DesiredStatus != "STOPPED" {
		stop := r.ECS.Stop(ctx, ecs.LocationOf(job.Status.Resolved), task.ARN, stall.message)
		if errors.As(stop, &fault) && fault.Class == ecs.Terminal {
			return &stalling{reason: stall.reason, message: fmt.Sprintf("%s; the task could not be stopped: %s", stall.message, fault.Message)}
		}
		if stop != nil {
			return stop
		}
	}
	return stall
}

// result says when to look at the job again. What AWS or a person changes
// wakes it earlier.
func result(job *v1alpha1.FargateJob, err error, now time.Time) (reconcile.Result, error) {
	var stall *stalling
	if err != nil && !errors.Is(err, errRecorded) && !errors.As(err, &stall) {
		return reconcile.Result{}, err
	}
	var next time.Time
	for _, at := range []time.Time{retryTime(job), launchDeadline(job), activeDeadline(job), expiry(job)} {
		if at.After(now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if next.IsZero() {
		return reconcile.Result{}, nil
	}
	return reconcile.Result{RequeueAfter: next.Sub(now)}, nil
}

func isStalled(job *v1alpha1.FargateJob) bool {
	return meta.IsStatusConditionTrue(job.Status.Conditions, v1alpha1.ConditionStalled)
}
