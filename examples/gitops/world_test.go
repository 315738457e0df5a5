package gitops_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-logr/logr/testr"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/controllers/fargatejob"
	"github.com/fargate-operator/fargate-operator/controllers/fargatetaskclass"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
	"github.com/fargate-operator/fargate-operator/internal/event"
	"github.com/fargate-operator/fargate-operator/internal/test/controllertest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9pGqvN3NbDTcKVd0g7ySAdYLbnZ3eY5Hcu0nqgvGqL"

// always is more often than any test calls AWS.
const always = 1000

var awsFails = localecs.ErrorFault(localecs.APIError{Code: "AccessDeniedException", Message: "no", Status: 400})

func newWorld(t *testing.T, delays localecs.Delays) *world {
	t.Helper()
	return &world{controllertest.New(t, env, localecs.Config{Delays: delays})}
}

// world is a controllertest.World with both controllers.
type world struct{ *controllertest.World }

func (w *world) startControllers(t *testing.T) (stop func()) {
	t.Helper()
	return w.StartManager(t, func(mgr ctrl.Manager) error {
		clients := &ecs.Clients{}
		fast := ecs.Cadence{Provisioning: 20 * time.Millisecond, Starting: 20 * time.Millisecond, Running: 20 * time.Millisecond}
		observers := ecs.NewObservers(clients, fast, testr.New(t))
		if err := mgr.Add(observers); err != nil {
			return err
		}
		recorder := event.NewRecorder(mgr)
		classes := &fargatetaskclass.Reconciler{Client: mgr.GetClient(), Events: recorder, AWS: inspect.New(clients), Interval: time.Hour}
		if err := classes.SetupWithManager(mgr); err != nil {
			return err
		}
		jobs := &fargatejob.Reconciler{
			Client: mgr.GetClient(), Reader: mgr.GetAPIReader(), Events: recorder, ECS: clients, Observers: observers, Installation: "test",
		}
		return jobs.SetupWithManager(mgr)
	})
}

func (w *world) class(t *testing.T, cluster string) *v1alpha1.FargateTaskClass {
	t.Helper()
	class := &v1alpha1.FargateTaskClass{
		ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: w.Namespace},
		Spec: v1alpha1.FargateTaskClassSpec{TaskTemplate: v1alpha1.TaskTemplate{
			Region: "us-east-1", Cluster: cluster, TaskDefinition: "ci",
			Network: v1alpha1.Network{Subnets: []string{"subnet-local-a"}},
		}},
	}
	if err := w.Create(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	return class
}

func (w *world) job(t *testing.T) *v1alpha1.FargateJob {
	t.Helper()
	job := &v1alpha1.FargateJob{
		ObjectMeta: metav1.ObjectMeta{Name: "job", Namespace: w.Namespace},
		Spec:       v1alpha1.FargateJobSpec{SSHPublicKey: publicKey},
	}
	if err := w.Create(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	return job
}

// await reads the object until a condition has a status.
func (w *world) await(t *testing.T, object client.Object, kind string, status metav1.ConditionStatus) {
	t.Helper()
	controllertest.Eventually(t, kind+" "+string(status), func(ctx context.Context) bool {
		if w.Get(ctx, client.ObjectKeyFromObject(object), object) != nil {
			return false
		}
		conditions, ok := conditionsOf(object)
		return ok && meta.IsStatusConditionPresentAndEqual(conditions, kind, status)
	}, func() any { return object })
}

func conditionsOf(object client.Object) (conditions []metav1.Condition, ok bool) {
	switch o := object.(type) {
	case *v1alpha1.FargateTaskClass:
		return o.Status.Conditions, true
	case *v1alpha1.FargateJob:
		return o.Status.Conditions, true
	default:
		return nil, false
	}
}

// update changes an object and reads back what is stored.
func (w *world) update(t *testing.T, object client.Object) {
	t.Helper()
	if err := w.Update(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}

// deleteKept deletes an object that a finalizer keeps, and reads it.
func (w *world) deleteKept(t *testing.T, object client.Object) {
	t.Helper()
	if err := w.Delete(t.Context(), object); err != nil {
		t.Fatal(err)
	}
	if err := w.Get(t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
		t.Fatal(err)
	}
}

// convert returns the object as tools that do not know its type read it.
func convert(t *testing.T, w *world, object client.Object) *unstructured.Unstructured {
	t.Helper()
	gvk, err := apiutil.GVKForObject(object, w.Scheme())
	if err != nil {
		t.Fatal(err)
	}
	plain := &unstructured.Unstructured{}
	plain.SetGroupVersionKind(gvk)
	if err := w.Get(t.Context(), client.ObjectKeyFromObject(object), plain); err != nil {
		t.Fatal(err)
	}
	return plain
}
