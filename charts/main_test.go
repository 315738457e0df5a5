// Package charts_test checks the charts: what they render, that the API server
// accepts it, and that config/ installs the same objects.
package charts_test

import (
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/fargate-operator/fargate-operator/internal/test/controlplane/controlplanetest"
	"github.com/fargate-operator/fargate-operator/internal/test/helm"
)

const (
	operatorChart = "fargate-operator"
	crdsChart     = "fargate-operator-crds"
	// release is the name of the releases in these tests, and of their namespace.
	release = "fargate-operator"
)

var (
	env    *controlplanetest.Env
	update = flag.Bool("update", false, "write the rendered manifests to testdata")
)

func TestMain(m *testing.M) { os.Exit(controlplanetest.Main(m, &env)) }

// valueSets returns the operator chart's sets of values by name: Helm's convention has them in ci/.
func valueSets(t *testing.T) map[string]string {
	t.Helper()
	const suffix = "-values.yaml"
	files, err := filepath.Glob(filepath.Join(operatorChart, "ci", "*"+suffix))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sets of values: %v", err)
	}
	sets := map[string]string{}
	for _, file := range files {
		sets[strings.TrimSuffix(filepath.Base(file), suffix)] = file
	}
	return sets
}

// render returns the output of `helm template` for a chart, with additional arguments.
func render(t *testing.T, chart string, args ...string) string {
	t.Helper()
	manifests, err := helm.Run(t.Context(), append([]string{"template", release, chart, "--namespace", release}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return manifests
}

// decode returns the objects of manifests.
func decode(t *testing.T, manifests string) []*unstructured.Unstructured {
	t.Helper()
	var objects []*unstructured.Unstructured
	documents := yaml.NewYAMLOrJSONDecoder(strings.NewReader(manifests), 4096)
	for {
		var object unstructured.Unstructured
		err := documents.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return objects
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(object.Object) > 0 {
			objects = append(objects, &object)
		}
	}
}
