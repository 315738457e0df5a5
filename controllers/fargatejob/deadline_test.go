package fargatejob_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// Nothing happens to this job: the controller must look at it by itself.
func TestDeadline_TaskIsNotReadyInTime_IsStopped(t *testing.T) {
	w := newWorld(t, localecs.Config{Delays: localecs.Delays{Provisioning: eventually.Patience}})
	w.createClass(t, func(s *v1alpha1.FargateTaskClassSpec) { s.LaunchDeadlineSeconds = 10 })
	w.startController(t)
	job := w.createJob(t, nil)
	stalled := w.awaitStalled(t, job, v1alpha1.ReasonLaunchDeadlineExceeded)
	if want := "the task was not ready 10s after the job's creation: ECS is provisioning the task"; !strings.Contains(stalled.Message, want) {
		t.Errorf("message %q, want %q in it", stalled.Message, want)
	}
	w.assertStopped(t)
	w.AwaitEvent(t, job, warning(), v1alpha1.ReasonLaunchDeadlineExceeded)
}

func TestDeadline_TaskRunsForTooLong_IsStopped(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, nil)
	stop := w.startController(t)
	job := w.createJob(t, func(s *v1alpha1.FargateJobSpec) { s.ActiveDeadlineSeconds = 60 })
	w.awaitReady(t, job)
	stop()
	w.now = func() time.Time { return time.Now().Add(time.Minute) }
	w.startController(t)
	w.awaitStalled(t, job, v1alpha1.ReasonActiveDeadlineExceeded)
	w.assertStopped(t)
}
