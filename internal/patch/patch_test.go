package patch_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/patch"
)

var key = client.ObjectKey{Namespace: "ci", Name: "job"}

// newClient returns a client of an API server that has one job.
func newClient(t *testing.T) client.Client {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	job := &v1alpha1.FargateJob{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}}
	return fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(job).WithObjects(job).Build()
}

func read(t *testing.T, c client.Client) *v1alpha1.FargateJob {
	t.Helper()
	job := &v1alpha1.FargateJob{}
	if err := c.Get(t.Context(), key, job); err != nil {
		t.Fatal(err)
	}
	return job
}

// writes are the ways to write, each with a change that it writes.
var writes = map[string]struct {
	write  func(ctx context.Context, c client.Client, stored, changed client.Object) error
	change func(*v1alpha1.FargateJob)
}{
	"status": {patch.Status, func(job *v1alpha1.FargateJob) { job.Status.Attempt = 7 }},
	"object": {patch.Object, func(job *v1alpha1.FargateJob) { job.Finalizers = []string{v1alpha1.Finalizer} }},
}

func TestWrites_ObjectIsAsStored_WriteTheChange(t *testing.T) {
	for name, test := range writes {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			stored := read(t, c)
			changed := stored.DeepCopy()
			test.change(changed)
			if err := test.write(t.Context(), c, stored, changed); err != nil {
				t.Fatal(err)
			}
			want := stored.DeepCopy()
			test.change(want)
			want.ResourceVersion = changed.ResourceVersion
			if diff := cmp.Diff(want, read(t, c)); diff != "" {
				t.Errorf("the job differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWrites_ObjectHasChangedSince_AreRefused(t *testing.T) {
	for name, test := range writes {
		t.Run(name, func(t *testing.T) {
			c := newClient(t)
			stored := read(t, c)
			other := stored.DeepCopy()
			other.Labels = map[string]string{"changed": "since"}
			if err := c.Update(t.Context(), other); err != nil {
				t.Fatal(err)
			}
			changed := stored.DeepCopy()
			test.change(changed)
			if err := test.write(t.Context(), c, stored, changed); !apierrors.IsConflict(err) {
				t.Errorf("got error %v, want a conflict", err)
			}
			if diff := cmp.Diff(other, read(t, c)); diff != "" {
				t.Errorf("the job was written over (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResult_DecidesWhetherTheReconciliationIsRepeated(t *testing.T) {
	jobs := schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "fargatejobs"}
	refused := errors.New("refused")
	for name, test := range map[string]struct {
		err    error
		repeat bool
		want   error
	}{
		"written":  {nil, false, nil},
		"conflict": {apierrors.NewConflict(jobs, key.Name, refused), true, nil},
		"gone":     {apierrors.NewNotFound(jobs, key.Name), false, nil},
		"refused":  {refused, false, refused},
	} {
		t.Run(name, func(t *testing.T) {
			result, err := patch.Result(test.err)
			if !errors.Is(err, test.want) {
				t.Errorf("got error %v, want %v", err, test.want)
			}
			if repeat := result != (reconcile.Result{}); repeat != test.repeat {
				t.Errorf("repeated: %t, want %t", repeat, test.repeat)
			}
		})
	}
}
