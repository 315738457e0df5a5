package fargatejob_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/testr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/controllers/fargatejob"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/event"
	"github.com/fargate-operator/fargate-operator/internal/test/controllertest"
	"github.com/fargate-operator/fargate-operator/internal/test/controlplane/controlplanetest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

var env *controlplanetest.Env

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(controlplanetest.Main(m, &env))
}

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9pGqvN3NbDTcKVd0g7ySAdYLbnZ3eY5Hcu0nqgvGqL"

// world is a controllertest.World for jobs.
type world struct {
	*controllertest.World
	observers *ecs.Observers   // of the last controller
	now       func() time.Time // of the next controller
}

func newWorld(t *testing.T, aws localecs.Config) *world {
	t.Helper()
	return &world{World: controllertest.New(t, env, aws)}
}

// startController runs a controller for the namespace and returns a function
// that stops it. It also stops with the test.
func (w *world) startController(t *testing.T) (stop func()) {
	t.Helper()
	return w.StartManager(t, func(mgr ctrl.Manager) error {
		clients := &ecs.Clients{}
		fast := ecs.Cadence{Provisioning: 20 * time.Millisecond, Starting: 20 * time.Millisecond, Running: 20 * time.Millisecond}
		w.observers = ecs.NewObservers(clients, fast, testr.New(t))
		if err := mgr.Add(w.observers); err != nil {
			return err
		}
		reconciler := &fargatejob.Reconciler{
			Client:       mgr.GetClient(),
			Reader:       mgr.GetAPIReader(),
			Events:       event.NewRecorder(mgr),
			ECS:          clients,
			Observers:    w.observers,
			Installation: "test",
			Now:          w.now,
		}
		return reconciler.SetupWithManager(mgr)
	})
}

func (w *world) createClass(t *testing.T, change func(*v1alpha1.FargateTaskClassSpec)) *v1alpha1.FargateTaskClass {
	t.Helper()
	class := &v1alpha1.FargateTaskClass{ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: w.Namespace}, Spec: w.classSpec()}
	if change != nil {
		change(&class.Spec)
	}
	if err := w.Create(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	return class
}

func (w *world) classSpec() v1alpha1.FargateTaskClassSpec {
	return v1alpha1.FargateTaskClassSpec{TaskTemplate: v1alpha1.TaskTemplate{
		Region:         "us-east-1",
		Cluster:        "ci",
		TaskDefinition: "ci",
		Network:        v1alpha1.Network{Subnets: []string{"subnet-local-a"}},
	}}
}

func (w *world) createJob(t *testing.T, change func(*v1alpha1.FargateJobSpec)) *v1alpha1.FargateJob {
	t.Helper()
	return w.createJobNamed(t, "job", change)
}

func (w *world) createJobNamed(t *testing.T, name string, change func(*v1alpha1.FargateJobSpec)) *v1alpha1.FargateJob {
	t.Helper()
	job := &v1alpha1.FargateJob{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: w.Namespace},
		Spec:       v1alpha1.FargateJobSpec{SSHPublicKey: publicKey},
	}
	if change != nil {
		change(&job.Spec)
	}
	if err := w.Create(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	return job
}

// await reads the job until the condition holds.
func (w *world) await(t *testing.T, job *v1alpha1.FargateJob, what string, holds func(*v1alpha1.FargateJob) bool) {
	t.Helper()
	key := client.ObjectKeyFromObject(job)
	controllertest.Eventually(t, what, func(ctx context.Context) bool {
		return w.Get(ctx, key, job) == nil && holds(job)
	}, func() any { return job.Status })
}

func (w *world) awaitReady(t *testing.T, job *v1alpha1.FargateJob) {
	t.Helper()
	w.await(t, job, "ready", func(j *v1alpha1.FargateJob) bool {
		return meta.IsStatusConditionTrue(j.Status.Conditions, v1alpha1.ConditionReady)
	})
}

// awaitStalled waits until the job stalls and checks the reason.
func (w *world) awaitStalled(t *testing.T, job *v1alpha1.FargateJob, reason string) *metav1.Condition {
	t.Helper()
	w.await(t, job, "stalled", func(j *v1alpha1.FargateJob) bool {
		return meta.IsStatusConditionTrue(j.Status.Conditions, v1alpha1.ConditionStalled)
	})
	stalled := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionStalled)
	if stalled.Reason != reason {
		t.Errorf("stalled with reason %s (%s), want %s", stalled.Reason, stalled.Message, reason)
	}
	ready := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionReady)
	if ready.Status != metav1.ConditionFalse || ready.Reason != reason {
		t.Errorf("Ready is %s with reason %s, want False with %s", ready.Status, ready.Reason, reason)
	}
	return stalled
}

func (w *world) awaitGone(t *testing.T, job *v1alpha1.FargateJob) {
	t.Helper()
	key := client.ObjectKeyFromObject(job)
	controllertest.Eventually(t, "gone", func(ctx context.Context) bool {
		return client.IgnoreNotFound(w.Get(ctx, key, job)) == nil && w.Get(ctx, key, job) != nil
	}, func() any { return job })
}

func normal() string  { return corev1.EventTypeNormal }
func warning() string { return corev1.EventTypeWarning }

func readyReason(job *v1alpha1.FargateJob) string {
	if ready := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return ready.Reason
	}
	return ""
}

func touch(t *testing.T, file string) {
	t.Helper()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}
