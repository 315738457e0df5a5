package e2e

import (
	"context"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// prepareInBackground starts prepare. Its error is sent to end.
func prepareInBackground(t *testing.T, log *lockedBuffer) (end <-chan error, cleanup func()) {
	t.Helper()
	attempt := begin(t, defaultRunner(t), newJob(t), log)
	if err := attempt.Config(t.Context()); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- attempt.Prepare(context.Background()) }()
	return done, func() { attempt.Cleanup(context.Background()) }
}

func TestController_KilledBetweenRunTaskAndStatusWrite_FindsTheSameTask(t *testing.T) {
	const always = 1000
	stack.AWS.Reset()
	stack.AWS.FailNext("RunTask", always, localecs.LostAnswerFault())
	var log lockedBuffer
	done, cleanup := prepareInBackground(t, &log)
	eventually.Shows(t, "RunTask was executed and its answer lost", func() (bool, string) {
		tasks, err := stack.Tasks(t.Context())
		return err == nil && tasks == 1, log.String()
	})
	if err := stack.KillManager(); err != nil {
		t.Fatal(err)
	}
	if job := theJob(t); job.Status.Attempt != 1 || job.Status.Task != nil {
		t.Fatalf("the status has attempt %d and task %v, want 1 and none", job.Status.Attempt, job.Status.Task)
	}
	stack.AWS.Reset()
	if err := stack.StartManager(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	if tasks, err := stack.Tasks(t.Context()); err != nil || tasks != 1 {
		t.Errorf("%d tasks (%v), want 1", tasks, err)
	}
	cleanup()
	assertNothingLeft(t)
}

func TestController_RestartedWhileAJobRuns_KeepsItsTask(t *testing.T) {
	var log lockedBuffer
	attempt := prepared(t, defaultRunner(t), newJob(t), &log)
	before := theJob(t).Status.Task.ARN
	if err := stack.StopManager(); err != nil {
		t.Fatal(err)
	}
	for _, stage := range []string{"get_sources", "build_script"} {
		if err := attempt.Run(t.Context(), stage); err != nil {
			t.Errorf("a script failed while the controller was away: %v\n%s", err, log.String())
		}
	}
	if err := stack.StartManager(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := theJob(t); after.Status.Task.ARN != before || !meta.IsStatusConditionTrue(after.Status.Conditions, v1alpha1.ConditionReady) {
		t.Errorf("the job has task %s, want %s and Ready", after.Status.Task.ARN, before)
	}
	attempt.Cleanup(t.Context())
	assertNothingLeft(t)
}

func TestJob_ObjectDeletedWhileProvisioning_TaskIsStoppedAndPrepareFails(t *testing.T) {
	const always = 1000
	stack.AWS.Reset()
	// ECS does not report that the task has left PROVISIONING.
	stack.AWS.FailNext("DescribeTasks", always, localecs.DropFault())
	t.Cleanup(stack.AWS.Reset)
	var log lockedBuffer
	done, cleanup := prepareInBackground(t, &log)
	eventually.Shows(t, "launched", func() (bool, string) {
		jobs := listJobs(t)
		return len(jobs) == 1 && jobs[0].Status.Task != nil, log.String()
	})
	if err := stack.Client.Delete(t.Context(), theJob(t)); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil {
		t.Error("prepare succeeded although its job was deleted")
	}
	assertContains(t, log.String(), "deleted")
	cleanup()
	assertNothingLeft(t)
}

func TestJob_ClassMissing_FailsAtOnceAndSaysSo(t *testing.T) {
	var log lockedBuffer
	result := newRunner(t, "no-such-class").Run(t.Context(), newJob(t), &log)
	if result.Err == nil {
		t.Error("the job succeeded without a class")
	}
	assertContains(t, log.String(), "FargateTaskClass no-such-class does not exist in namespace ci")
	assertNothingLeft(t)
}

func TestJob_CanceledWhilePreparing_LeavesNothing(t *testing.T) {
	for name, start := range bothModes() {
		t.Run(name, func(t *testing.T) {
			m := start(t)
			const always = 1000
			stack.AWS.Reset()
			stack.AWS.FailNext("DescribeTasks", always, localecs.DropFault())
			t.Cleanup(stack.AWS.Reset)
			ctx, cancel := context.WithCancel(t.Context())
			attempt := begin(t, m.defaultRunner(t), newJob(t), &lockedBuffer{})
			done := make(chan error, 1)
			go func() { done <- attempt.Prepare(ctx) }()
			eventually.Shows(t, "launched", func() (bool, string) {
				jobs := m.jobs(t)
				return len(jobs) == 1 && jobs[0].Status.Task != nil, ""
			})
			cancel()
			if err := <-done; err == nil {
				t.Error("prepare exited with 0 after SIGTERM")
			}
			stack.AWS.Reset()
			m.assertNothingLeft(t)
		})
	}
}
