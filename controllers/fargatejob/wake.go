package fargatejob

import (
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

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
