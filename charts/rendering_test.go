package charts_test

import (
	"reflect"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
)

// rendering is the output of `helm template` for the operator's chart.
type rendering struct {
	text    string
	objects []*unstructured.Unstructured
}

func renderObjects(t *testing.T, args ...string) *rendering {
	t.Helper()
	text := render(t, operatorChart, args...)
	return &rendering{text: text, objects: decode(t, text)}
}

// all are the objects of a kind, which the type is named for.
func all[T any](t *testing.T, r *rendering) []*T {
	t.Helper()
	var found []*T
	for _, object := range r.objects {
		if object.GetKind() != reflect.TypeFor[T]().Name() {
			continue
		}
		typed := new(T)
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, typed); err != nil {
			t.Fatal(err)
		}
		found = append(found, typed)
	}
	return found
}

// one is the only object of a kind.
func one[T any](t *testing.T, r *rendering) *T {
	t.Helper()
	found := all[T](t, r)
	if len(found) != 1 {
		t.Fatalf("%d objects of kind %s, want one", len(found), reflect.TypeFor[T]().Name())
	}
	return found[0]
}

// manager is the Deployment of the controller.
func (r *rendering) manager(t *testing.T) *appsv1.Deployment {
	t.Helper()
	for _, deployment := range all[appsv1.Deployment](t, r) {
		if deployment.Spec.Template.Spec.Containers[0].Name == "manager" {
			return deployment
		}
	}
	t.Fatal("no Deployment has a container named manager")
	return nil
}

// only is the only object of a kind that has no Go type here.
func (r *rendering) only(t *testing.T, kind string) *unstructured.Unstructured {
	t.Helper()
	var found []*unstructured.Unstructured
	for _, object := range r.objects {
		if object.GetKind() == kind {
			found = append(found, object)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d objects of kind %s, want one", len(found), kind)
	}
	return found[0]
}

func selectorOf(t *testing.T, selector *metav1.LabelSelector) labels.Selector {
	t.Helper()
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
