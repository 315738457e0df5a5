// Package gitops_test checks the examples in this directory against a real API
// server and the real charts, and the health that GitOps tools read from
// FargateJobs and FargateTaskClasses.
package gitops_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/yaml"

	"github.com/fargate-operator/fargate-operator/internal/test/controlplane/controlplanetest"
)

var env *controlplanetest.Env

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(controlplanetest.Main(m, &env))
}

// example is an object of the examples.
type example struct {
	*unstructured.Unstructured
	file string
	text []byte
}

// examples returns all objects of the examples by what a test calls them. A key
// that an object has twice is an error.
func examples(t *testing.T) map[string]example {
	t.Helper()
	all := map[string]example{}
	err := filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		return addExamples(all, path)
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func addExamples(all map[string]example, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for {
		text, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		object := &unstructured.Unstructured{}
		if err := yaml.UnmarshalStrict(text, &object.Object); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		all[path+"/"+object.GetKind()+"/"+object.GetName()] = example{Unstructured: object, file: path, text: text}
	}
}
