package fargatejob

import (
	"context"
	"errors"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/lifecycle"
	"github.com/fargate-operator/fargate-operator/internal/test/fakecloud"
)

// The tests in this file need neither an API server nor ECS.

var jobKey = client.ObjectKey{Namespace: "ci", Name: "job"}

// bench is a reconciler with one job, and all that it works with in memory.
type bench struct {
	*Reconciler
	client client.WithWatch
	cloud  *fakecloud.Cloud
	clock  *clocktesting.FakeClock
	events *events.FakeRecorder
}

// newBench has a class, and a new job.
func newBench(t *testing.T) *bench {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	clock := clocktesting.NewFakeClock(time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
	job := &v1alpha1.FargateJob{
		ObjectMeta: metav1.ObjectMeta{Name: jobKey.Name, Namespace: jobKey.Namespace, UID: "uid", CreationTimestamp: metav1.NewTime(clock.Now())},
		Spec: v1alpha1.FargateJobSpec{
			ClassRef:     v1alpha1.ClassReference{Name: "default"},
			SSHPublicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9pGqvN3NbDTcKVd0g7ySAdYLbnZ3eY5Hcu0nqgvGqL",
		},
	}
	class := &v1alpha1.FargateTaskClass{
		ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: jobKey.Namespace},
		Spec: v1alpha1.FargateTaskClassSpec{TaskTemplate: v1alpha1.TaskTemplate{
			Region: "us-east-1", Cluster: "ci", TaskDefinition: "ci", ContainerName: "ci-coordinator",
			Network:               v1alpha1.Network{Subnets: []string{"subnet-a"}},
			LaunchDeadlineSeconds: 600,
		}},
	}
	b := &bench{
		client: fake.NewClientBuilder().WithScheme(scheme).WithObjects(job, class).WithStatusSubresource(job).Build(),
		cloud:  &fakecloud.Cloud{Definition: ecs.Definition{ARN: "ci:1", Containers: map[string]ecs.Container{"ci-coordinator": {}}}},
		clock:  clock,
		events: events.NewFakeRecorder(100),
	}
	b.restart()
	return b
}

// restart replaces the reconciler with that of another process, which knows
// nothing.
func (b *bench) restart() {
	b.Reconciler = &Reconciler{
		Client: b.client, Reader: b.client, Events: b.events, ECS: b.cloud, Observers: &fakecloud.Observers{},
		Installation: "test", Now: b.clock.Now,
	}
	b.prepare()
}

// step reconciles the job once.
func (b *bench) step(t *testing.T) reconcile.Result {
	t.Helper()
	result, err := b.Reconcile(t.Context(), reconcile.Request{NamespacedName: jobKey})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// job reads the job, nil if it is gone.
func (b *bench) job(t *testing.T) *v1alpha1.FargateJob {
	t.Helper()
	job := &v1alpha1.FargateJob{}
	err := b.client.Get(t.Context(), jobKey, job)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return job
}

// delete marks the job as deleted.
func (b *bench) delete(t *testing.T) {
	t.Helper()
	if err := b.client.Delete(t.Context(), b.job(t)); err != nil {
		t.Fatal(err)
	}
}

func TestReconcile_NewJob_EachStepIsWrittenBeforeTheNext(t *testing.T) {
	b := newBench(t)
	for i, want := range []struct {
		finalizer bool
		attempt   int32
		launches  int
		task      bool
	}{
		{finalizer: true},
		{finalizer: true, attempt: 1},
		{finalizer: true, attempt: 1, launches: 1, task: true},
	} {
		b.step(t)
		job := b.job(t)
		if controllerutil.ContainsFinalizer(job, v1alpha1.Finalizer) != want.finalizer || job.Status.Attempt != want.attempt ||
			b.cloud.Calls("Launch") != want.launches || (job.Status.Task != nil) != want.task {
			t.Fatalf("after step %d: finalizers %v, attempt %d, %d launches, task %v; want %+v",
				i+1, job.Finalizers, job.Status.Attempt, b.cloud.Calls("Launch"), job.Status.Task, want)
		}
	}
}

func TestReconcile_CrashBeforeEachWrite_IsMadeUpFor(t *testing.T) {
	const writes = 3 // finalizer, attempt, task
	for crash := range writes {
		b := newBench(t)
		for range crash {
			b.step(t)
		}
		lost := errors.New("the process died")
		b.Client = interceptor.NewClient(b.client, interceptor.Funcs{
			Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
				return lost
			},
			SubResourcePatch: func(context.Context, client.Client, string, client.Object, client.Patch, ...client.SubResourcePatchOption) error {
				return lost
			},
		})
		if _, err := b.Reconcile(t.Context(), reconcile.Request{NamespacedName: jobKey}); !errors.Is(err, lost) {
			t.Fatalf("write %d: got %v, want the error of the write", crash+1, err)
		}
		b.restart()
		for range writes {
			b.step(t)
		}
		if job := b.job(t); job.Status.Task == nil || job.Status.Attempt != 1 || len(b.cloud.Running()) != 1 {
			t.Errorf("write %d: attempt %d, task %v of %v", crash+1, job.Status.Attempt, job.Status.Task, b.cloud.Running())
		}
		b.delete(t)
		b.step(t)
		if job := b.job(t); job != nil || len(b.cloud.Running()) != 0 {
			t.Errorf("write %d: after the deletion: %v, tasks %v", crash+1, job, b.cloud.Running())
		}
	}
}

func TestReconcile_StaleObject_WritesNothing(t *testing.T) {
	b := newBench(t)
	b.step(t)
	stale := b.job(t)
	b.step(t)
	current := b.job(t)
	result, err := b.reconcile(t.Context(), stale)
	if err != nil || result.RequeueAfter == 0 {
		t.Errorf("got %+v, %v; want another look later", result, err)
	}
	if job := b.job(t); job.ResourceVersion != current.ResourceVersion {
		t.Errorf("a stale object was written: %+v", job.Status)
	}
}

func TestFinalize_SearchHasNotSettled_FinalizerStays(t *testing.T) {
	b := newBench(t)
	b.step(t)
	b.step(t)
	b.restart() // Whether the attempt was launched is not known.
	b.delete(t)
	if result := b.step(t); result.RequeueAfter != lifecycle.SettlePause || b.job(t) == nil {
		t.Errorf("got %+v with the job %v, want the job to stay and another look after %s", result, b.job(t), lifecycle.SettlePause)
	}
	b.clock.Step(lifecycle.SettleTime)
	if b.step(t); b.job(t) == nil {
		t.Error("the job went while its task can still turn up")
	}
	b.clock.Step(time.Nanosecond)
	if b.step(t); b.job(t) != nil {
		t.Error("the job stays although no task can turn up")
	}
}

func TestFinalize_TaskTurnsUp_IsStoppedBeforeTheJobGoes(t *testing.T) {
	b := newBench(t)
	b.step(t)
	b.step(t)
	b.cloud.LoseAnswers("Launch", 1)
	b.cloud.Hide(true)
	if _, err := b.Reconcile(t.Context(), reconcile.Request{NamespacedName: jobKey}); err == nil {
		t.Error("a launch without an answer is not an error")
	}
	b.restart()
	b.delete(t)
	b.step(t)
	b.cloud.Hide(false)
	if b.step(t); b.job(t) != nil || len(b.cloud.Running()) != 0 {
		t.Errorf("the job is %v, tasks are %v; want none", b.job(t), b.cloud.Running())
	}
}

func TestFinalize_StopFails_JobStaysUnlessForced(t *testing.T) {
	b := newBench(t)
	for range 3 {
		b.step(t)
	}
	b.delete(t)
	refused := errors.New("refused")
	b.cloud.Fail("Stop", 2, refused)
	if _, err := b.Reconcile(t.Context(), reconcile.Request{NamespacedName: jobKey}); !errors.Is(err, refused) || b.job(t) == nil {
		t.Fatalf("got %v with the job %v, want the fault and the job", err, b.job(t))
	}
	job := b.job(t)
	stored := job.DeepCopy()
	metav1.SetMetaDataAnnotation(&job.ObjectMeta, v1alpha1.ForceDeleteAnnotation, "true")
	if err := b.client.Patch(t.Context(), job, client.MergeFrom(stored)); err != nil {
		t.Fatal(err)
	}
	if b.step(t); b.job(t) != nil {
		t.Error("the job stays although it was forced")
	}
}

func TestReconcile_RoundsOfAttempts_HaveAPause(t *testing.T) {
	b := newBench(t)
	b.step(t)
	b.step(t)
	b.cloud.Fail("Launch", 1, &ecs.Error{Class: ecs.NextAttempt, Reason: v1alpha1.ReasonQuotaExceeded, Message: "no quota"})
	b.step(t)
	result := b.step(t)
	if job := b.job(t); job.Status.Attempt != 2 || b.cloud.Calls("Launch") != 1 || result.RequeueAfter <= 0 {
		t.Fatalf("attempt %d after %d launches, next look after %s; want a pause before attempt 2", job.Status.Attempt, b.cloud.Calls("Launch"), result.RequeueAfter)
	}
	b.clock.Step(result.RequeueAfter)
	if b.step(t); b.job(t).Status.Task == nil {
		t.Error("no task after the pause")
	}
}
