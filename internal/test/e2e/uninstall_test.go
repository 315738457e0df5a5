package e2e

import (
	"context"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

// The order of docs/upgrading.md: jobs, controller, definitions.
func TestUninstall_InTheDocumentedOrder_LeavesNothing(t *testing.T) {
	r := newRelease(t, "uninstalled", "")
	r.installAll(t, crdsChart(t), operatorChart(t))
	prepared(t, r.runner(t), newJob(t), &lockedBuffer{})

	r.deleteJobs(t)
	r.assertNothingLeft(t)
	r.uninstall(t)
	r.helm(t, "uninstall", "crds")
	for _, name := range []string{"fargatejobs", "fargatetaskclasses"} {
		crd := &unstructured.Unstructured{}
		crd.SetName(name + "." + v1alpha1.GroupVersion.Group)
		crd.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"})
		if err := r.Client.Delete(t.Context(), crd); err != nil {
			t.Errorf("the chart's uninstallation does not keep the definition: %v", err)
		}
		eventually.Shows(t, "definition "+name+" is gone", func() (bool, string) {
			err := r.Client.Get(context.Background(), client.ObjectKeyFromObject(crd), crd)
			return apierrors.IsNotFound(err), ""
		})
	}
	r.deleteNamespaces(t)
}

func TestUninstall_ControllerFirst_JobsWaitForItsReturn(t *testing.T) {
	r := newRelease(t, "returning", "")
	r.installAll(t, crdsChart(t), operatorChart(t))
	prepared(t, r.runner(t), newJob(t), &lockedBuffer{})

	r.uninstall(t)
	r.deleteJobs(t)
	if jobs := r.jobs(t); len(jobs) != 1 || jobs[0].DeletionTimestamp.IsZero() {
		t.Fatalf("without a controller, jobs are %v, want one that waits to be released", jobs)
	}
	r.install(t, operatorChart(t))
	r.start(t)
	r.assertNothingLeft(t)
	r.deleteNamespaces(t)
}

func (r *release) deleteJobs(t *testing.T) {
	t.Helper()
	if err := r.Client.DeleteAllOf(t.Context(), &v1alpha1.FargateJob{}, client.InNamespace(r.tenant)); err != nil {
		t.Fatal(err)
	}
}
