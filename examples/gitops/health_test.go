package gitops_test

import (
	"context"
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// What GitOps tools see of objects in each state of their lives.
func TestHealth_EveryState_IsReadByFluxAndArgoCD(t *testing.T) {
	tests := map[string]struct {
		delays localecs.Delays
		object func(*testing.T, *world) client.Object
		flux   status.Status
		argo   string
	}{
		"class that nobody has checked": {
			object: func(t *testing.T, w *world) client.Object { t.Helper(); return w.class(t, "ci") },
			flux:   status.InProgressStatus, argo: progressing,
		},
		"class that works": {
			object: func(t *testing.T, w *world) client.Object {
				t.Helper()
				w.startControllers(t)
				class := w.class(t, "ci")
				w.await(t, class, v1alpha1.ConditionReady, metav1.ConditionTrue)
				return class
			},
			flux: status.CurrentStatus, argo: healthy,
		},
		"class that cannot work": {
			object: func(t *testing.T, w *world) client.Object {
				t.Helper()
				w.startControllers(t)
				class := w.class(t, "nowhere")
				w.await(t, class, v1alpha1.ConditionReady, metav1.ConditionFalse)
				return class
			},
			flux: status.FailedStatus, argo: degraded,
		},
		"class that AWS says nothing of": {
			object: func(t *testing.T, w *world) client.Object {
				t.Helper()
				w.AWS.FailNext("DescribeClusters", always, awsFails)
				w.startControllers(t)
				class := w.class(t, "ci")
				w.await(t, class, v1alpha1.ConditionReady, metav1.ConditionUnknown)
				return class
			},
			flux: status.InProgressStatus, argo: progressing,
		},
		"class that changed since": {
			object: func(t *testing.T, w *world) client.Object {
				t.Helper()
				stop := w.startControllers(t)
				class := w.class(t, "ci")
				w.await(t, class, v1alpha1.ConditionReady, metav1.ConditionTrue)
				stop()
				class.Spec.Cluster = "nowhere"
				w.update(t, class)
				return class
			},
			flux: status.InProgressStatus, argo: progressing,
		},
		"class that is to go": {
			object: func(t *testing.T, w *world) client.Object {
				t.Helper()
				class := w.class(t, "ci")
				controllerutil.AddFinalizer(class, "example.com/kept")
				w.update(t, class)
				w.deleteKept(t, class)
				t.Cleanup(func() {
					controllerutil.RemoveFinalizer(class, "example.com/kept")
					if err := w.Update(context.Background(), class); err != nil { // t.Context() has ended by now.
						t.Error(err)
					}
				})
				return class
			},
			flux: status.TerminatingStatus, argo: progressing,
		},
		"job that nobody has seen": {
			object: func(t *testing.T, w *world) client.Object { t.Helper(); return w.job(t) },
			flux:   status.InProgressStatus, argo: progressing,
		},
		"job whose task is being provisioned": {
			delays: localecs.Delays{Provisioning: eventually.Patience},
			object: func(t *testing.T, w *world) client.Object {
				t.Helper()
				w.startControllers(t)
				w.class(t, "ci")
				job := w.job(t)
				w.await(t, job, v1alpha1.ConditionLaunched, metav1.ConditionTrue)
				return job
			},
			flux: status.InProgressStatus, argo: progressing,
		},
		"job that is ready": {
			object: func(t *testing.T, w *world) client.Object {
				t.Helper()
				w.startControllers(t)
				w.class(t, "ci")
				job := w.job(t)
				w.await(t, job, v1alpha1.ConditionReady, metav1.ConditionTrue)
				return job
			},
			flux: status.CurrentStatus, argo: healthy,
		},
		"job that is stalled": {
			object: func(t *testing.T, w *world) client.Object {
				t.Helper()
				w.startControllers(t)
				job := w.job(t)
				w.await(t, job, v1alpha1.ConditionStalled, metav1.ConditionTrue)
				return job
			},
			flux: status.FailedStatus, argo: degraded,
		},
		"job whose task does not stop": {
			object: func(t *testing.T, w *world) client.Object {
				t.Helper()
				w.startControllers(t)
				w.class(t, "ci")
				job := w.job(t)
				w.await(t, job, v1alpha1.ConditionReady, metav1.ConditionTrue)
				w.AWS.FailNext("StopTask", always, awsFails)
				w.deleteKept(t, job)
				t.Cleanup(w.AWS.Reset)
				return job
			},
			flux: status.TerminatingStatus, argo: progressing,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.delays)
			object := convert(t, w, test.object(t, w))
			result, err := status.Compute(object)
			if err != nil {
				t.Fatal(err)
			}
			if result.Status != test.flux {
				t.Errorf("Flux sees %s (%s), want %s", result.Status, result.Message, test.flux)
			}
			if got := argoHealth(t, object); got.status != test.argo {
				t.Errorf("Argo CD sees %s (%s), want %s", got.status, got.message, test.argo)
			}
		})
	}
}
