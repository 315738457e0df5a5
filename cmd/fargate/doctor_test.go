package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

// standaloneFile has the directory of an attempt to be filled in.
const standaloneFile = `[TaskMetadata]
Directory = "DIRECTORY"
[Fargate]
Cluster = "ci"
Region = "us-east-1"
Subnet = "subnet-local-a"
SecurityGroup = "sg-local"
TaskDefinition = "ci:1"
EnablePublicIP = true
UsePublicIP = false
`

// runDoctor returns what fargate doctor prints, and its exit code.
func runDoctor(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errors strings.Builder
	command := exec.CommandContext(t.Context(), program, args...)
	command.Stdout, command.Stderr = &out, &errors
	if err := command.Run(); err != nil && command.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errors.String(), command.ProcessState.ExitCode()
}

func TestDoctor_EverythingRight_ExitsWith0(t *testing.T) {
	localecstest.Start(t, localecs.Config{})
	a := newAttempt(t)
	config := a.write("standalone.toml", strings.Replace(standaloneFile, "DIRECTORY", a.dir, 1))
	stdout, stderr, code := runDoctor(t, "--config", config, "doctor")
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	wantText(t, stdout, "OK    cluster", "WARN  start of a task", "fix: fargate --config "+config+" doctor --start-task", "0 failed, 1 with a warning")
}

func TestDoctor_SomethingFails_ExitsWith1(t *testing.T) {
	localecstest.Start(t, localecs.Config{})
	a := newAttempt(t)
	for name, test := range map[string]struct{ file, want string }{
		"in the file": {standaloneFile + "Zone = 1\n", "FAIL  configuration"},
		"in AWS":      {strings.Replace(standaloneFile, `"ci"`, `"nowhere"`, 1), "not tried: other checks failed: cluster"},
	} {
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := runDoctor(t, "--config", a.write("broken.toml", strings.Replace(test.file, "DIRECTORY", a.dir, 1)), "doctor", "--start-task")
			if code != 1 || stderr != "" {
				t.Errorf("exit code %d, stderr %q", code, stderr)
			}
			wantText(t, stdout, test.want)
			if strings.Contains(stdout, "--start-task") {
				t.Errorf("a fix is the flag that was given:\n%s", stdout)
			}
		})
	}
}

func TestDoctor_Kubernetes_SaysWhereTheClassIsChecked(t *testing.T) {
	localecstest.Start(t, localecs.Config{})
	a := newAttempt(t)
	stdout, _, code := runDoctor(t, "--config", a.config, "doctor")
	if code != 0 {
		t.Errorf("exit code %d", code)
	}
	wantText(t, stdout, "OK    kubernetes", "namespace "+a.namespace, "WARN  task class", "kubectl get fargatetaskclass default -o wide")

	class := a.write("class.yaml", `apiVersion: ci.fargate-operator.dev/v1alpha1
kind: FargateTaskClass
metadata: {name: default}
spec:
  region: us-east-1
  cluster: nowhere
  taskDefinition: ci
  network: {subnets: [subnet-local-a], securityGroups: [sg-local]}
`)
	stdout, _, code = runDoctor(t, "--config", a.config, "doctor", "--class-file", class)
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	wantText(t, stdout, "FAIL  cluster", "correct spec.cluster")
}

func TestDoctor_KubernetesDoesNotAnswer_IsAFailure(t *testing.T) {
	a := newAttempt(t)
	config := a.write("unreachable.toml", "[Kubernetes]\nKubeconfig = '"+a.path("missing")+"'\n")
	stdout, _, code := runDoctor(t, "--config", config, "doctor")
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	wantText(t, stdout, "FAIL  kubernetes", "cannot use kubeconfig")
}
