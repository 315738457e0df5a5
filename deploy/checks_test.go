// Package deploy_test checks the Terraform module and the CloudFormation
// template: that they are valid, that they create the same resources, and that the
// controller and the executor can read what they print.
package deploy_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/iam"
)

const policies = "../config/aws"

// readFile returns the text of a file.
func readFile(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkPolicy compares a policy with the one in config/aws for a mode, in which
// pairs of a word and its replacement are filled in.
func checkPolicy(t *testing.T, mode string, got any, words ...string) {
	t.Helper()
	name := map[string]string{"kubernetes": "controller", "standalone": "standalone"}[mode] + "-policy.json"
	want := parsePolicy(t, strings.NewReplacer(words...).Replace(readFile(t, filepath.Join(policies, name))))
	document, isText := got.(string)
	if !isText {
		encoded, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		document = string(encoded)
	}
	if diff := cmp.Diff(want, parsePolicy(t, document)); diff != "" {
		t.Errorf("the policy differs from config/aws/%s (-want +got):\n%s", name, diff)
	}
}

func parsePolicy(t *testing.T, document string) *iam.Policy {
	t.Helper()
	policy, err := iam.Parse([]byte(document))
	if err != nil {
		t.Fatalf("%v\n%s", err, document)
	}
	return policy
}

// checkClass fails if a manifest is not a FargateTaskClass with the wanted spec.
func checkClass(t *testing.T, manifest string, want *v1alpha1.FargateTaskClassSpec) {
	t.Helper()
	var class v1alpha1.FargateTaskClass
	if err := yaml.UnmarshalStrict([]byte(manifest), &class); err != nil {
		t.Fatalf("%v\n%s", err, manifest)
	}
	if class.APIVersion != v1alpha1.GroupVersion.String() || class.Kind != "FargateTaskClass" || class.Name != v1alpha1.DefaultClassName {
		t.Errorf("not the default FargateTaskClass:\n%s", manifest)
	}
	if diff := cmp.Diff(want, &class.Spec); diff != "" {
		t.Errorf("the class differs (-want +got):\n%s", diff)
	}
}

// loadTOML reads a fargate.toml as the executor does.
func loadTOML(t *testing.T, text string) *driverconfig.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "fargate.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := driverconfig.Load(file)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return config
}

// checkKubernetesTOML fails if a fargate.toml does not lead to the default class
// in namespace ci.
func checkKubernetesTOML(t *testing.T, text string) {
	t.Helper()
	want := &driverconfig.Kubernetes{Namespace: "ci", TaskClass: v1alpha1.DefaultClassName}
	if diff := cmp.Diff(want, loadTOML(t, text).Kubernetes); diff != "" {
		t.Errorf("fargate.toml differs (-want +got):\n%s", diff)
	}
}

// checkStandaloneTOML fails if a fargate.toml does not have the wanted section
// Fargate.
func checkStandaloneTOML(t *testing.T, text string, want *driverconfig.Fargate) {
	t.Helper()
	config := loadTOML(t, text)
	if config.Kubernetes != nil {
		t.Errorf("fargate.toml has a section Kubernetes:\n%s", text)
	}
	if diff := cmp.Diff(want, &config.Fargate); diff != "" {
		t.Errorf("fargate.toml differs (-want +got):\n%s", diff)
	}
}

// healthCheck is the health check of the images, as a task definition has it.
func healthCheck(t *testing.T) []any {
	t.Helper()
	match := regexp.MustCompile(`(?m)^HEALTHCHECK .*CMD (.*)$`).FindStringSubmatch(readFile(t, "../images/debian/Dockerfile"))
	if match == nil {
		t.Fatal("no HEALTHCHECK in images/debian/Dockerfile")
	}
	return []any{"CMD-SHELL", match[1]}
}
