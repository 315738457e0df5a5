package fargatejob

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// newsPriority is the priority of a job whose task has news: somebody waits for
// it, and it takes no call to AWS. Launches and all else have priority 0, the
// objects of a cache that has just been filled less.
const newsPriority = 100

// keepQueue keeps the controller's queue, so that an observer can wake a job.
func (r *Reconciler) keepQueue(_ context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	prioritized, ok := queue.(priorityqueue.PriorityQueue[reconcile.Request])
	if !ok {
		return fmt.Errorf("starting the FargateJob controller: its queue is a %T and has no priorities", queue)
	}
	r.queue = prioritized
	return nil
}

// wake has a job reconciled before those of which nothing is known to have
// changed.
func (r *Reconciler) wake(job types.NamespacedName) {
	r.queue.AddWithOpts(priorityqueue.AddOpts{Priority: ptr.To(newsPriority)}, reconcile.Request{NamespacedName: job})
}

// progress lets through what a job has to be reconciled for: it is new, it is
// gone, somebody has changed it, or a step of its life has been recorded and the
// next one can follow. What else this controller writes into the status, such as
// why AWS cannot be reached, must not cut short the pause after a failure.
var progress = predicate.Funcs{UpdateFunc: func(update event.UpdateEvent) bool {
	before, ok := update.ObjectOld.(*v1alpha1.FargateJob)
	after, isJob := update.ObjectNew.(*v1alpha1.FargateJob)
	return !ok || !isJob || stepOf(before) != stepOf(after) || !equality.Semantic.DeepEqual(metadataOf(before), metadataOf(after))
}}

// step is what of the status the next step of a job's life depends on.
type step struct {
	attempt  int32
	resolved bool
	task     string
}

func stepOf(job *v1alpha1.FargateJob) step {
	s := step{attempt: job.Status.Attempt, resolved: job.Status.Resolved != nil}
	if job.Status.Task != nil {
		s.task = job.Status.Task.ARN
	}
	return s
}

// metadataOf leaves out what differs after every write.
func metadataOf(job *v1alpha1.FargateJob) *metav1.ObjectMeta {
	metadata := job.ObjectMeta.DeepCopy()
	metadata.ResourceVersion, metadata.ManagedFields = "", nil
	return metadata
}
