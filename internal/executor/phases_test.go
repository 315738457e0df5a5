package executor

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

func TestPhases_AddUpToTheWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p phases
		for _, step := range []struct {
			name string
			time time.Duration
		}{
			{phaseLaunch, 300 * time.Millisecond},
			{"provisioning", 4 * time.Second},
			{"provisioning", 5 * time.Second}, // seen once more
			{phaseLaunch, time.Second},        // capacity ran out, a second attempt
			{"provisioning", 1100 * time.Millisecond},
			{"pending", 28 * time.Second},
			{"running", 200 * time.Millisecond},
			{phaseSSH, 400 * time.Millisecond},
		} {
			p.enter(step.name)
			<-time.After(step.time)
		}
		started := metav1.Now()
		stopped := metav1.NewTime(started.Add(21 * time.Second))
		got := p.summary(&v1alpha1.TaskStatus{PullStartTime: &started, PullStopTime: &stopped})
		want := "40.0s: launch 1.3s, provisioning 10.1s, pending 28.0s (image pull about 21s), running 0.2s, SSH 0.4s"
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPhases_ClockOfECSJumps_IsLeftOut(t *testing.T) {
	started := metav1.Now()
	stopped := metav1.NewTime(started.Add(-time.Hour))
	if got := imagePull(&v1alpha1.TaskStatus{PullStartTime: &started, PullStopTime: &stopped}); got > 0 {
		t.Errorf("the image pull took %s", got)
	}
}
