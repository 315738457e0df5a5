package fargatejob

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

func TestExpired_StalledJob_IsKeptForItsTimeToLive(t *testing.T) {
	job := &v1alpha1.FargateJob{}
	job.Spec.TTLSecondsAfterStalled = ptr.To[int32](60)
	if expired(job, time.Now()) {
		t.Error("a job that has not stalled expired")
	}
	meta.SetStatusCondition(&job.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonTaskStopped, Message: "x",
	})
	if expired(job, time.Now().Add(59*time.Second)) {
		t.Error("expired before its time to live")
	}
	if !expired(job, time.Now().Add(61*time.Second)) {
		t.Error("not expired after its time to live")
	}
}

func TestResult_StalledJob_IsLookedAtWhenItExpires(t *testing.T) {
	job := &v1alpha1.FargateJob{}
	job.Spec.TTLSecondsAfterStalled = ptr.To[int32](60)
	meta.SetStatusCondition(&job.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonTaskStopped, Message: "x",
	})
	got, err := (&Reconciler{Now: time.Now}).result(job, time.Time{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.RequeueAfter <= 0 || got.RequeueAfter > time.Minute {
		t.Errorf("looks again after %s, want its time to live of a minute", got.RequeueAfter)
	}
}
