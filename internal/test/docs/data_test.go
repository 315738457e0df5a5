package docs_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
	"github.com/fargate-operator/fargate-operator/internal/test/controlplane"
)

// checkBlocks checks all blocks in a language.
func checkBlocks(t *testing.T, language string, check func(text string) error) {
	t.Helper()
	for _, page := range pages(t) {
		for _, block := range page.Blocks {
			if block.Language != language {
				continue
			}
			if err := check(block.Text); err != nil {
				t.Errorf("%s:%d: %v", page.Name, block.Line, err)
			}
		}
	}
}

func TestJSON_IsValid(t *testing.T) {
	checkBlocks(t, "json", func(text string) error {
		var value any
		return json.Unmarshal([]byte(text), &value)
	})
}

func TestTOML_IsAConfigurationOfTheExecutorOrTheRunner(t *testing.T) {
	checkBlocks(t, "toml", func(text string) error {
		var tree map[string]any
		if err := toml.Unmarshal([]byte(text), &tree); err != nil {
			return err
		}
		if _, ofTheRunner := tree["runners"]; ofTheRunner {
			return nil
		}
		file := filepath.Join(t.TempDir(), "fargate.toml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return err
		}
		_, err := driverconfig.Load(file)
		return err
	})
}

func TestYAML_OfOurKinds_IsAcceptedByTheAPIServer(t *testing.T) {
	c := clientWithCRDs(t)
	checkBlocks(t, "yaml", func(text string) error {
		documents := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text)))
		for {
			document, err := documents.Read()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			var value any
			if err := yaml.UnmarshalStrict(document, &value); err != nil {
				return err
			}
			tree, _ := value.(map[string]any)
			object := &unstructured.Unstructured{Object: tree}
			if object.GroupVersionKind().Group != v1alpha1.GroupVersion.Group {
				continue
			}
			object.SetNamespace(metav1.NamespaceDefault)
			if err := c.Create(t.Context(), object, client.DryRunAll, client.FieldValidation("Strict")); err != nil {
				return fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
			}
		}
	})
}

func clientWithCRDs(t *testing.T) client.Client {
	t.Helper()
	config := startControlPlane(t).Config()
	crds, err := controlplane.CRDDir()
	if err != nil {
		t.Fatal(err)
	}
	if err := controlplane.InstallCRDs(t.Context(), config, crds); err != nil {
		t.Fatal(err)
	}
	c, err := client.New(config, client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
