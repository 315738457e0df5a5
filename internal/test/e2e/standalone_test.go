package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// runnerAccessKey is the access key of a runner without Kubernetes. The local ECS
// allows it what config/aws/standalone-policy.json allows, and nothing else.
const runnerAccessKey = "runner"

// mode is one of the two ways to run jobs: with Kubernetes, or without it with
// state files in a directory.
type mode struct {
	directory string // empty with Kubernetes
}

// bothModes are the ways to run a test: with Kubernetes and without.
func bothModes() map[string]func(*testing.T) *mode {
	return map[string]func(*testing.T) *mode{
		"Kubernetes": func(*testing.T) *mode { return &mode{} },
		"standalone": standaloneMode,
	}
}

func standaloneMode(t *testing.T) *mode {
	t.Helper()
	return &mode{directory: t.TempDir()}
}

// defaultRunner returns a runner whose tasks have the built-in SSH server.
func (m *mode) defaultRunner(t *testing.T) *fakerunner.Runner {
	t.Helper()
	if m.directory == "" {
		return defaultRunner(t)
	}
	return m.standaloneRunner(t, devstack.TaskDefinition)
}

// runnerOf returns a runner whose tasks consist of a container.
func (m *mode) runnerOf(t *testing.T, container types.ContainerDefinition) *fakerunner.Runner {
	t.Helper()
	if m.directory == "" {
		return useClass(t, container)
	}
	client, err := stack.ECS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	family := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	if _, err := seed.TaskDefinition(t.Context(), client, family, container); err != nil {
		t.Fatal(err)
	}
	return m.standaloneRunner(t, family)
}

func (m *mode) standaloneRunner(t *testing.T, family string) *fakerunner.Runner {
	t.Helper()
	runner := newRunnerWith(t, writeConfig(t, fmt.Sprintf(`
[Fargate]
  Cluster = %q
  Region = %q
  Subnet = "subnet-local-a"
  SecurityGroup = "sg-local"
  TaskDefinition = %q
[TaskMetadata]
  Directory = %q
[SSH]
  Username = "root"
  Port = %d
`, devstack.Cluster, devstack.Region, family, m.directory, devstack.Port)))
	useAWS(t, runner)
	return runner
}

// useAWS lets a runner without Kubernetes call AWS, within its policy.
func useAWS(t *testing.T, runner *fakerunner.Runner) {
	t.Helper()
	policy, err := devstack.RunnerPolicy()
	if err != nil {
		t.Fatal(err)
	}
	stack.AWS.SetPolicy(runnerAccessKey, policy)
	runner.Env = append(runner.Env, "AWS_ENDPOINT_URL="+stack.AWS.URL())
	for name, value := range seed.Credentials() {
		runner.Env = append(runner.Env, name+"="+value)
	}
	runner.Env = append(runner.Env, "AWS_ACCESS_KEY_ID="+runnerAccessKey)
}

// jobs lists the FargateJobs, which are objects or state files.
func (m *mode) jobs(t *testing.T) []v1alpha1.FargateJob {
	t.Helper()
	if m.directory == "" {
		return listJobs(t)
	}
	files, err := filepath.Glob(filepath.Join(m.directory, "*.state.json"))
	if err != nil {
		t.Fatal(err)
	}
	jobs := make([]v1alpha1.FargateJob, len(files))
	for i, file := range files {
		data, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(data, &jobs[i])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return jobs
}

// theJob returns the only FargateJob.
func (m *mode) theJob(t *testing.T) *v1alpha1.FargateJob {
	t.Helper()
	jobs := m.jobs(t)
	if len(jobs) != 1 {
		t.Fatalf("%d FargateJobs, want one", len(jobs))
	}
	return &jobs[0]
}

// private is the directory with an attempt's private key.
func (m *mode) private(attempt *fakerunner.Attempt) string {
	if m.directory == "" {
		return attempt.Dir
	}
	return m.directory
}

// assertNothingLeft waits until no object and no task is left. Without Kubernetes
// the directory then has only the mark of the installation.
func (m *mode) assertNothingLeft(t *testing.T) {
	t.Helper()
	assertNothingLeft(t)
	if m.directory == "" {
		return
	}
	entries, err := os.ReadDir(m.directory)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		// A stage that was killed may have left a draft of the mark.
		if name := entry.Name(); name != "installation" && !strings.HasPrefix(name, ".installation-") {
			t.Errorf("%s is left in the directory", entry.Name())
		}
	}
}
