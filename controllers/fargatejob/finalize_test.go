package fargatejob_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/controllertest"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// assertStopped fails unless there is one task, which has been asked to stop.
func (w *world) assertStopped(t *testing.T) {
	t.Helper()
	tasks := w.AWS.Tasks(t)
	if len(tasks) != 1 {
		t.Errorf("%d tasks, want one", len(tasks))
	}
	for _, task := range tasks {
		if aws.ToString(task.DesiredStatus) != "STOPPED" {
			t.Errorf("task %s is left running", aws.ToString(task.TaskArn))
		}
	}
}

func (w *world) deleteJob(t *testing.T, job *v1alpha1.FargateJob) {
	t.Helper()
	if err := w.Delete(t.Context(), job); err != nil {
		t.Fatal(err)
	}
}

func TestFinalize_ReadyJob_StopsItsTask(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, nil)
	w.startController(t)
	job := w.createJob(t, nil)
	w.awaitReady(t, job)
	if !controllerutil.ContainsFinalizer(job, v1alpha1.Finalizer) {
		t.Error("a job created without the finalizer did not get it")
	}
	w.deleteJob(t, job)
	w.awaitGone(t, job)
	w.assertStopped(t)
	if reason := aws.ToString(w.AWS.Tasks(t)[0].StoppedReason); reason != "FargateJob "+w.Namespace+"/job was deleted" {
		t.Errorf("stopped with reason %q", reason)
	}
}

func TestFinalize_ProvisioningJob_StopsItsTask(t *testing.T) {
	w := newWorld(t, localecs.Config{Delays: localecs.Delays{Provisioning: eventually.Patience}})
	w.createClass(t, nil)
	w.startController(t)
	job := w.createJob(t, nil)
	w.await(t, job, "launched", func(j *v1alpha1.FargateJob) bool { return j.Status.Task != nil })
	w.deleteJob(t, job)
	w.awaitGone(t, job)
	w.assertStopped(t)
}

func TestFinalize_ControllerDiedBeforeWritingTheTaskDown_FindsAndStopsIt(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, nil)
	stop := w.startController(t)
	job := w.createJob(t, nil)
	w.awaitReady(t, job)
	stop()
	// What the status looks like after RunTask and before its result.
	stored := job.DeepCopy()
	job.Status.Task, job.Status.Address, job.Status.ReadyTime = nil, nil, nil
	if err := w.Status().Patch(t.Context(), job, client.MergeFrom(stored)); err != nil {
		t.Fatal(err)
	}
	w.deleteJob(t, job)
	w.startController(t)
	w.awaitGone(t, job)
	w.assertStopped(t)
}

func TestFinalize_ControllerDiedBeforeWritingTheTaskDown_AdoptsItInTheSameAttempt(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, nil)
	stop := w.startController(t)
	job := w.createJob(t, nil)
	w.awaitReady(t, job)
	stop()
	stored := job.DeepCopy()
	job.Status.Task, job.Status.Address, job.Status.ReadyTime, job.Status.Conditions = nil, nil, nil, nil
	if err := w.Status().Patch(t.Context(), job, client.MergeFrom(stored)); err != nil {
		t.Fatal(err)
	}
	w.startController(t)
	w.awaitReady(t, job)
	if job.Status.Task.ARN != stored.Status.Task.ARN || len(w.AWS.Tasks(t)) != 1 {
		t.Errorf("the job has task %s of %d, want %s alone", job.Status.Task.ARN, len(w.AWS.Tasks(t)), stored.Status.Task.ARN)
	}
}

func TestFinalize_TaskGone_ObjectGoes(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, nil)
	w.startController(t)
	job := w.createJob(t, nil)
	w.awaitReady(t, job)
	w.AWS.FailNext("StopTask", 1, localecs.ErrorFault(localecs.APIError{Code: "InvalidParameterException", Message: "The referenced task was not found.", Status: 400}))
	w.deleteJob(t, job)
	w.awaitGone(t, job)
}

func TestFinalize_StopRefused_ObjectStaysUntilForced(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, nil)
	w.startController(t)
	job := w.createJob(t, nil)
	w.awaitReady(t, job)
	const always = 1000
	w.AWS.FailNext("StopTask", always, localecs.ErrorFault(localecs.APIError{Code: "AccessDeniedException", Message: "no ecs:StopTask", Status: 400}))
	w.deleteJob(t, job)
	w.AwaitEvent(t, job, warning(), "StopFailed")

	if err := w.Get(t.Context(), client.ObjectKeyFromObject(job), job); err != nil {
		t.Fatalf("the object went although ECS refused the stop: %v", err)
	}
	stored := job.DeepCopy()
	metav1.SetMetaDataAnnotation(&job.ObjectMeta, v1alpha1.ForceDeleteAnnotation, "true")
	if err := w.Patch(t.Context(), job, client.MergeFrom(stored)); err != nil {
		t.Fatal(err)
	}
	w.awaitGone(t, job)
}

func TestFinalize_FinalizerTakenAway_TaskIsObservedNoMore(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, nil)
	w.startController(t)
	job := w.createJob(t, nil)
	w.awaitReady(t, job)
	w.AWS.FailNext("StopTask", 1000, localecs.ErrorFault(localecs.APIError{Code: "AccessDeniedException", Message: "no ecs:StopTask", Status: 400}))
	w.deleteJob(t, job)
	w.AwaitEvent(t, job, warning(), "StopFailed")
	task := job.Status.Task.ARN
	if err := w.Get(t.Context(), client.ObjectKeyFromObject(job), job); err != nil {
		t.Fatal(err)
	}
	stored := job.DeepCopy()
	controllerutil.RemoveFinalizer(job, v1alpha1.Finalizer)
	if err := w.Patch(t.Context(), job, client.MergeFrom(stored)); err != nil {
		t.Fatal(err)
	}
	watched := true
	controllertest.Eventually(t, "the observer forgets the task", func(context.Context) bool {
		_, watched = w.observers.Latest(task)
		return !watched
	}, func() any { return watched })
}

func TestFinalize_JobThatWasNeverLaunched_Goes(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	job := w.createJob(t, nil)
	stored := job.DeepCopy()
	controllerutil.AddFinalizer(job, v1alpha1.Finalizer)
	if err := w.Patch(t.Context(), job, client.MergeFrom(stored)); err != nil {
		t.Fatal(err)
	}
	w.deleteJob(t, job)
	w.startController(t)
	w.awaitGone(t, job)
	if calls := w.AWS.Calls(); len(calls) != 0 {
		t.Errorf("AWS was called for a job that was never launched: %v", calls)
	}
}
