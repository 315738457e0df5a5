package charts_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/fargate-operator/fargate-operator/internal/test/controlplane"
)

// secretCommand is a command, perhaps of two lines in a comment, that creates the runner's Secret.
var secretCommand = regexp.MustCompile(`kubectl create secret generic gitlab-runner (?:.*\\\n)?.*`)

// A missing key keeps the pod in ContainerCreating, where only its events say why.
func TestRunnerSecret_WhereverItIsMade_HasTheKeysThatThePodsMount(t *testing.T) {
	keys := keysOfSecrets(t)
	shown := 0
	for _, pattern := range []string{"../docs/*.md", "../docs/zh/*.md", operatorChart + "/gitlab-runner-values.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, command := range secretCommand.FindAllString(string(text), -1) {
				shown++
				secret := makeSecret(t, strings.ReplaceAll(command, "\\\n#", "\\\n"))
				for _, key := range keys[secret.Name] {
					if _, ok := secret.Data[key]; !ok {
						t.Errorf("%s: the Secret %s has no key %s", file, secret.Name, key)
					}
				}
			}
		}
	}
	if shown == 0 {
		t.Error("nothing shows how the Secret is made")
	}
}

// keysOfSecrets returns, by Secret, the keys that the runner's pods cannot start without.
func keysOfSecrets(t *testing.T) map[string][]string {
	t.Helper()
	keys := map[string][]string{}
	for _, pod := range []*corev1.Pod{loadRunnerChartValues(t).pod(), deployedRunner(t)} {
		for _, volume := range pod.Spec.Volumes {
			if volume.Secret != nil {
				for _, item := range volume.Secret.Items {
					keys[volume.Secret.SecretName] = append(keys[volume.Secret.SecretName], item.Key)
				}
			}
			if volume.Projected == nil {
				continue
			}
			for _, source := range volume.Projected.Sources {
				for _, item := range source.Secret.Items {
					keys[source.Secret.Name] = append(keys[source.Secret.Name], item.Key)
				}
			}
		}
	}
	return keys
}

// makeSecret returns the Secret that a kubectl command renders in a directory with the runner's token.
func makeSecret(t *testing.T, command string) *corev1.Secret {
	t.Helper()
	kubectl, err := controlplane.BuildKubectl(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "runner-token"), []byte("glrt-secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "sh", "-ec", command+" --dry-run=client --output json")
	run.Dir = dir
	run.Env = []string{"PATH=" + filepath.Dir(kubectl) + ":" + os.Getenv("PATH"), "HOME=" + dir}
	output, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	secret := &corev1.Secret{}
	if err := json.Unmarshal(output, secret); err != nil {
		t.Fatal(err)
	}
	return secret
}
