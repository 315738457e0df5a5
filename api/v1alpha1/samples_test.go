package v1alpha1_test

import (
	"os"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

func TestSamples_AreAccepted(t *testing.T) {
	c, namespace := newClient(t)
	files, err := filepath.Glob("../../config/samples/fargate*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var object unstructured.Unstructured
			if err := yaml.UnmarshalStrict(data, &object.Object); err != nil {
				t.Fatal(err)
			}
			object.SetNamespace(namespace)
			strict := client.WithFieldValidation(c, "Strict")
			if err := strict.Create(t.Context(), &object); err != nil {
				t.Error(err)
			}
		})
	}
}
