package v1alpha1_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// Objects are written by hand too, where a struct may be there and empty.
func TestDefaults_StructGivenInPart_IsCompleted(t *testing.T) {
	c, namespace := newClient(t)
	tests := map[string]struct {
		object client.Object
		kind   string
		field  string
		given  map[string]any
		want   map[string]any
	}{
		"class of a job": {
			object: minimalJob(namespace), kind: "FargateJob", field: "spec.classRef",
			given: map[string]any{},
			want:  map[string]any{"name": "default"},
		},
		"user": {
			object: minimalClass(namespace), kind: "FargateTaskClass", field: "spec.ssh",
			given: map[string]any{"port": int64(2222)},
			want:  map[string]any{"port": int64(2222), "username": "root"},
		},
		"port": {
			object: minimalClass(namespace), kind: "FargateTaskClass", field: "spec.ssh",
			given: map[string]any{"username": "ci"},
			want:  map[string]any{"port": int64(22), "username": "ci"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(test.object)
			if err != nil {
				t.Fatal(err)
			}
			object := &unstructured.Unstructured{Object: fields}
			object.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(test.kind))
			path := strings.Split(test.field, ".")
			if err := unstructured.SetNestedMap(object.Object, test.given, path...); err != nil {
				t.Fatal(err)
			}
			if err := c.Create(t.Context(), object, client.DryRunAll); err != nil {
				t.Fatal(err)
			}
			got, _, err := unstructured.NestedMap(object.Object, path...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s differs (-want +got):\n%s", test.field, diff)
			}
		})
	}
}

func TestDefaults_Constants_AreThoseOfTheCRDs(t *testing.T) {
	c, namespace := newClient(t)
	class := minimalClass(namespace)
	class.Spec.LaunchDeadlineSeconds, class.Spec.ContainerName = 0, ""
	if err := c.Create(t.Context(), class, client.DryRunAll); err != nil {
		t.Fatal(err)
	}
	if got := class.Spec.LaunchDeadlineSeconds; got != v1alpha1.DefaultLaunchDeadlineSeconds {
		t.Errorf("launchDeadlineSeconds is %d by default, want %d", got, v1alpha1.DefaultLaunchDeadlineSeconds)
	}
	if got := class.Spec.ContainerName; got != v1alpha1.DefaultContainerName {
		t.Errorf("containerName is %q by default, want %q", got, v1alpha1.DefaultContainerName)
	}
}
