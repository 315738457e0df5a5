package deploy_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
)

const module = "terraform"

// declared are the first labels of a module's blocks of a kind: the types of
// resources, or the names of variables and outputs.
func declared(t *testing.T, module, block string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(module, "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	header := regexp.MustCompile(`(?m)^` + block + ` "([a-z0-9_]+)"`)
	var found []string
	for _, file := range files {
		for _, match := range header.FindAllStringSubmatch(readFile(t, file), -1) {
			found = append(found, match[1])
		}
	}
	if len(found) == 0 {
		t.Fatalf("no %s in %s", block, module)
	}
	return found
}

func TestTerraform_README_HasEveryVariableAndOutput(t *testing.T) {
	readme := readFile(t, filepath.Join(module, "README.md"))
	var want, got []string
	for _, block := range []string{"variable", "output"} {
		want = append(want, declared(t, module, block)...)
	}
	for _, match := range regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)`").FindAllStringSubmatch(readme, -1) {
		got = append(got, match[1])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the tables differ from variables.tf and outputs.tf (-want +got):\n%s", diff)
	}
}

func TestTerraform_Files_AreFormatted(t *testing.T) {
	if output, err := terraform(t, module, "fmt", "-check", "-recursive", "-diff"); err != nil {
		t.Errorf("%v: run terraform fmt -recursive\n%s", err, output)
	}
}

// state is what a run of terraform test has created, of the mocked provider.
type state struct {
	Outputs map[string]struct{ Value any }
	Root    struct {
		Resources []struct {
			Address string
			Values  map[string]any
		}
	} `json:"root_module"`
}

// value is an attribute of a resource.
func (s *state) value(t *testing.T, address, attribute string) string {
	t.Helper()
	for _, resource := range s.Root.Resources {
		if resource.Address == address {
			value, _ := resource.Values[attribute].(string)
			return value
		}
	}
	t.Fatalf("there is no %s", address)
	return ""
}

func (s *state) output(t *testing.T, name string) string {
	t.Helper()
	value, ok := s.Outputs[name].Value.(string)
	if !ok {
		t.Fatalf("there is no output %s", name)
	}
	return value
}

// providers are the versions of the AWS provider that the module is for, each by
// the constraint that chooses it.
var providers = map[string]string{"provider 5": "~> 5.100", "provider 6": "~> 6.0"}

func TestTerraform_Modules_AreForBothProviders(t *testing.T) {
	for _, dir := range []string{module, filepath.Join(module, "network")} {
		if text := readFile(t, filepath.Join(dir, "versions.tf")); !strings.Contains(text, `version = ">= 5.100, < 7"`) {
			t.Errorf("%s:\n%s", dir, text)
		}
	}
}

func TestTerraform_Module_IsValidAndPassesItsTests(t *testing.T) {
	for name, constraint := range providers {
		t.Run(name, func(t *testing.T) {
			dir := initialized(t, constraint)
			validate(t, dir)
			test(t, dir)
		})
	}
}

// validate fails also for what the provider calls deprecated: its next version
// may not have it.
func validate(t *testing.T, dir string) {
	t.Helper()
	output, _ := terraform(t, dir, "validate", "-json")
	var result struct {
		Diagnostics []struct{ Severity, Summary, Detail string }
	}
	// Terraform prints warnings about its own configuration before.
	if err := json.Unmarshal([]byte(output[max(0, strings.Index(output, "{")):]), &result); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, d := range result.Diagnostics {
		t.Errorf("%s: %s: %s", d.Severity, d.Summary, d.Detail)
	}
}

func test(t *testing.T, dir string) {
	t.Helper()
	output, err := terraform(t, dir, "test", "-json", "-verbose")
	states := map[string]*state{}
	for line := range strings.Lines(output) {
		var event struct {
			Run        string `json:"@testrun"`
			Message    string `json:"@message"`
			Type       string
			State      *state `json:"test_state"`
			Diagnostic struct{ Detail string }
		}
		if json.Unmarshal([]byte(line), &event) != nil {
			continue // A warning that Terraform prints as text.
		}
		switch event.Type {
		case "test_state":
			states[event.Run] = event.State
		case "diagnostic":
			t.Logf("%s: %s %s", event.Run, event.Message, event.Diagnostic.Detail)
		}
	}
	if err != nil {
		t.Fatalf("terraform test: %v", err)
	}
	t.Run("in Kubernetes", func(t *testing.T) { checkKubernetes(t, states["existing_network_is_used"]) })
	t.Run("standalone", func(t *testing.T) { checkStandalone(t, states["standalone_on_ec2"]) })
}

// words are the tests' values for the placeholders in the policies.
var words = []string{
	"REGION", "eu-west-1", "ACCOUNT", "111122223333", "CLUSTER", "ci", "TASK_ROLE", "ci-task", "EXECUTION_ROLE", "ci-execution",
	"LOG_GROUP", "/ecs/ci",
}

func checkKubernetes(t *testing.T, s *state) {
	t.Helper()
	checkPolicy(t, "kubernetes", s.value(t, "aws_iam_role_policy.starter", "policy"), words...)
	checkClass(t, s.output(t, "fargate_task_class"), &v1alpha1.FargateTaskClassSpec{TaskTemplate: v1alpha1.TaskTemplate{
		Region: "eu-west-1", Cluster: "ci", TaskDefinition: "ci",
		Network: v1alpha1.Network{
			Subnets: []string{"subnet-1", "subnet-2", "subnet-3"}, SecurityGroups: []string{"sg-0a1b2c3d"}, AssignPublicIP: v1alpha1.Enabled,
		},
		SSH: v1alpha1.SSHServer{Username: "root", Port: 2222},
	}})
	checkKubernetesTOML(t, s.output(t, "fargate_toml"))
	var containers []map[string]any
	if err := json.Unmarshal([]byte(s.value(t, "aws_ecs_task_definition.this", "container_definitions")), &containers); err != nil {
		t.Fatal(err)
	}
	check, _ := containers[0]["healthCheck"].(map[string]any)
	if diff := cmp.Diff(healthCheck(t), check["command"]); diff != "" {
		t.Errorf("health check differs from the images' (-want +got):\n%s", diff)
	}
}

func checkStandalone(t *testing.T, s *state) {
	t.Helper()
	checkPolicy(t, "standalone", s.value(t, "aws_iam_role_policy.starter", "policy"), words...)
	connectPrivately := false
	checkStandaloneTOML(t, s.output(t, "fargate_toml"), &driverconfig.Fargate{
		Cluster: "ci", Region: "eu-west-1", TaskDefinition: "ci",
		Subnets: []string{"subnet-1", "subnet-2"}, SecurityGroups: []string{"sg-0a1b2c3d"}, UsePublicIP: &connectPrivately,
	})
}

// terraform runs Terraform in a directory, or skips the test if it is not
// installed.
func terraform(t *testing.T, dir string, args ...string) (output string, err error) {
	t.Helper()
	program, err := exec.LookPath("terraform")
	if err != nil {
		t.Skip("needs terraform in PATH")
	}
	command := exec.CommandContext(t.Context(), program, args...)
	command.Dir = dir
	command.Env = append(os.Environ(), "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1", "NO_COLOR=1")
	combined, err := command.CombinedOutput()
	return string(combined), err
}

// mirrors are additional places to look for provider packages, besides
// Terraform's own: the directory in TF_PLUGIN_DIR, and any below /opt.
func mirrors(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("/opt/*/registry.terraform.io/hashicorp/aws")
	if err != nil {
		t.Fatal(err)
	}
	for i, dir := range found {
		found[i] = filepath.Join(dir, "../../..")
	}
	if dir := os.Getenv("TF_PLUGIN_DIR"); dir != "" {
		found = append([]string{dir}, found...)
	}
	return found
}

// initialized copies the module, with the policies that it reads, and initializes
// it with a version of the AWS provider. The test is skipped if there is none.
func initialized(t *testing.T, constraint string) string {
	t.Helper()
	root := t.TempDir()
	dir := filepath.Join(root, "deploy", module)
	for from, to := range map[string]string{module: dir, policies: filepath.Join(root, "config", "aws")} {
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	override := fmt.Sprintf("terraform {\n  required_providers {\n    aws = {\n      source  = \"hashicorp/aws\"\n      version = %q\n    }\n  }\n}\n", constraint)
	if err := os.WriteFile(filepath.Join(dir, "provider_override.tf"), []byte(override), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"init", "-backend=false"}
	for _, mirror := range mirrors(t) {
		args = append(args, "-plugin-dir="+mirror)
	}
	output, err := terraform(t, dir, args...)
	if err != nil && strings.Contains(output, "Failed to query available provider packages") {
		t.Skipf("needs Terraform's AWS provider: set TF_PLUGIN_DIR to a directory of provider packages, or allow a download\n%s", output)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return dir
}
