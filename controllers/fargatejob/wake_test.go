package fargatejob

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

func TestProgress_OwnWordsDoNotWakeTheJob(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*v1alpha1.FargateJob)
		wakes  bool
	}{
		"nothing": {func(*v1alpha1.FargateJob) {}, false},
		"a condition": {func(job *v1alpha1.FargateJob) {
			job.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Message: "AWS could not be reached"}}
		}, false},
		"a state of the task": {func(job *v1alpha1.FargateJob) { job.Status.Task.LastStatus = "RUNNING" }, false},
		"an address":          {func(job *v1alpha1.FargateJob) { job.Status.Address = &v1alpha1.TaskAddress{Host: "10.0.0.7"} }, false},
		"the class":           {func(job *v1alpha1.FargateJob) { job.Status.Resolved = &v1alpha1.ResolvedTask{} }, true},
		"an attempt":          {func(job *v1alpha1.FargateJob) { job.Status.Attempt++ }, true},
		"a task":              {func(job *v1alpha1.FargateJob) { job.Status.Task.ARN = "another" }, true},
		"no task":             {func(job *v1alpha1.FargateJob) { job.Status.Task = nil }, true},
		"a finalizer":         {func(job *v1alpha1.FargateJob) { job.Finalizers = nil }, true},
		"an annotation":       {func(job *v1alpha1.FargateJob) { job.Annotations = map[string]string{"a": "b"} }, true},
		"the deletion":        {func(job *v1alpha1.FargateJob) { job.DeletionTimestamp = ptr.To(metav1.NewTime(time.Unix(1, 0))) }, true},
	} {
		before := &v1alpha1.FargateJob{
			ObjectMeta: metav1.ObjectMeta{Name: "job", ResourceVersion: "1", Finalizers: []string{v1alpha1.Finalizer}},
			Status:     v1alpha1.FargateJobStatus{Attempt: 1, Task: &v1alpha1.TaskStatus{ARN: "task"}},
		}
		after := before.DeepCopy()
		after.ResourceVersion = "2"
		test.change(after)
		if wakes := progress.Update(event.UpdateEvent{ObjectOld: before, ObjectNew: after}); wakes != test.wakes {
			t.Errorf("%s: wakes %t, want %t", name, wakes, test.wakes)
		}
	}
}
