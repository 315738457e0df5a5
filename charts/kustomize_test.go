package charts_test

import (
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fargate-operator/fargate-operator/internal/controlplane"
)

// ownedByHelm are the labels and annotations by which Helm and its users tell a chart's objects.
var ownedByHelm = struct{ labels, annotations []string }{
	labels: []string{
		"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/version",
		"app.kubernetes.io/managed-by", "helm.sh/chart",
	},
	annotations: []string{"helm.sh/resource-policy"},
}

func TestKustomization_HasTheObjectsOfTheCharts(t *testing.T) {
	kubectl, err := controlplane.BuildKubectl(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	kustomized, err := exec.CommandContext(t.Context(), kubectl, "kustomize", "../config/default").Output()
	if err != nil {
		t.Fatal(err)
	}
	got := byIdentity(decode(t, string(kustomized)))
	// Helm makes the namespace with --create-namespace.
	const namespace = "Namespace /fargate-operator"
	if got[namespace] == nil {
		t.Errorf("no %s", namespace)
	}
	delete(got, namespace)
	want := byIdentity(append(decode(t, render(t, crdsChart)), decode(t, render(t, operatorChart))...))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("config/default differs from the charts (-charts +config):\n%s", diff)
	}
}

// byIdentity returns the objects' content by kind, namespace and name, without what Helm owns.
func byIdentity(objects []*unstructured.Unstructured) map[string]map[string]any {
	all := map[string]map[string]any{}
	for _, object := range objects {
		labels, annotations := object.GetLabels(), object.GetAnnotations()
		for _, key := range ownedByHelm.labels {
			delete(labels, key)
		}
		for _, key := range ownedByHelm.annotations {
			delete(annotations, key)
		}
		object.SetLabels(labels)
		object.SetAnnotations(annotations)
		all[object.GetKind()+" "+object.GetNamespace()+"/"+object.GetName()] = object.Object
	}
	return all
}
