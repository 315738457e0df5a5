package charts_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/fargate-operator/fargate-operator/internal/test/controlplane"
)

// ownedByHelm are the labels and annotations by which Helm and its users identify a chart's objects.
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
	// Helm creates the namespace with --create-namespace.
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

// What the runner's account may do is in config/rbac apart from config/default: it goes into the namespace of jobs.
func TestKustomization_OfTheRunner_HasTheObjectsOfATenant(t *testing.T) {
	const namespace = "ci"
	text, err := os.ReadFile("../config/rbac/runner.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := decode(t, string(text))
	for _, object := range got {
		object.SetNamespace(namespace) // as `kubectl apply --namespace` does
		if object.GetKind() == "RoleBinding" {
			inNamespaceOfBinding(t, object)
		}
	}
	want := decode(t, render(t, operatorChart, "--set", "tenants[0].namespace="+namespace, "--show-only", "templates/tenant-rbac.yaml"))
	if diff := cmp.Diff(byIdentity(want), byIdentity(got)); diff != "" {
		t.Errorf("config/rbac/runner.yaml differs from the chart (-chart +config):\n%s", diff)
	}
}

// inNamespaceOfBinding completes accounts that a binding names without a namespace, which means its own.
func inNamespaceOfBinding(t *testing.T, binding *unstructured.Unstructured) {
	t.Helper()
	subjects, _, err := unstructured.NestedSlice(binding.Object, "subjects")
	if err != nil {
		t.Fatal(err)
	}
	for _, subject := range subjects {
		if account, ok := subject.(map[string]any); ok && account["namespace"] == nil {
			account["namespace"] = binding.GetNamespace()
		}
	}
	if err := unstructured.SetNestedSlice(binding.Object, subjects, "subjects"); err != nil {
		t.Fatal(err)
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
		if len(labels) == 0 {
			labels = nil // Where Helm's were the only ones, there are none.
		}
		object.SetLabels(labels)
		object.SetAnnotations(annotations)
		all[object.GetKind()+" "+object.GetNamespace()+"/"+object.GetName()] = object.Object
	}
	return all
}
