package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/driverconfig"
	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
)

// setting is what a user sets to get a different task.
type setting struct {
	subnets   string // in place of the plain file's
	fargate   string // lines of [Fargate]
	overrides string // lines of [Overrides]
	ssh       string // lines of [SSH]
	// taskDefinition, if set, is another than the test bench's.
	taskDefinition string
	variables      []string // of the job
	flags          string   // of the executor
	// alter turns the request of a file without these settings into the expected one.
	alter func(*ecs.RunTaskInput)
}

func (s setting) subnetsLine() string {
	if s.subnets != "" {
		return s.subnets
	}
	return "Subnet = 'subnet-local-a'"
}

func (s setting) family() string {
	if s.taskDefinition != "" {
		return s.taskDefinition
	}
	return devstack.TaskDefinition
}

// file is a fargate.toml without Kubernetes.
func (s setting) file(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("TaskMetadata.Directory = %q\n[Fargate]\nCluster = %q\nRegion = %q\nTaskDefinition = %q\n%s\n%s\n[Overrides]\n%s\n[SSH]\nPort = %d\n%s\n",
		t.TempDir(), devstack.Cluster, devstack.Region, s.family(), s.subnetsLine(), s.fargate, s.overrides, devstack.Port, s.ssh)
}

func standaloneRunner(t *testing.T, s setting) *fakerunner.Runner {
	t.Helper()
	runner := settingRunner(t, s, writeConfig(t, s.file(t)))
	useAWS(t, runner)
	return runner
}

// kubernetesRunner uses the class that the file describes.
func kubernetesRunner(t *testing.T, s setting) *fakerunner.Runner {
	t.Helper()
	file, err := stack.ConfigFor(createSettingClass(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return settingRunner(t, s, file)
}

// createSettingClass creates the class that the file describes, and returns its name.
func createSettingClass(t *testing.T, s setting) string {
	t.Helper()
	config, err := driverconfig.Load(writeConfig(t, s.file(t)))
	if err != nil {
		t.Fatal(err)
	}
	class := config.Class()
	class.ObjectMeta = metav1.ObjectMeta{Namespace: devstack.Namespace, GenerateName: "setting-"}
	if err := stack.Client.Create(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stack.Client.Delete(context.Background(), class); err != nil {
			t.Error(err)
		}
	})
	if diff := cmp.Diff(config.Class().Spec, class.Spec); diff != "" {
		t.Errorf("the API server's defaults differ (-here +there):\n%s", diff)
	}
	return class.Name
}

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "fargate.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// settingRunner is a runner whose jobs have variables and whose executor has
// flags.
func settingRunner(t *testing.T, s setting, config string) *fakerunner.Runner {
	t.Helper()
	runner := newRunnerWith(t, config)
	for _, variable := range s.variables {
		runner.Env = append(runner.Env, "CUSTOM_ENV_"+variable)
	}
	if s.flags != "" {
		wrap(t, runner, fmt.Sprintf("exec %s %s", stack.Executor(), s.flags))
	}
	return runner
}

// requestOf prepares a job until it has launched its task, and returns the RunTask
// request without what differs between jobs.
func requestOf(t *testing.T, runner *fakerunner.Runner) *ecs.RunTaskInput {
	t.Helper()
	before := stack.AWS.LastRunTask()
	var log lockedBuffer
	attempt := begin(t, runner, newJob(t), &log)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		_ = attempt.Prepare(ctx) // it is canceled below
		close(ended)
	}()
	eventually.Shows(t, "a RunTask request", func() (bool, string) { return stack.AWS.LastRunTask() != before, log.String() })
	cancel()
	<-ended
	attempt.Cleanup(context.Background())
	assertNothingLeft(t)

	request := *stack.AWS.LastRunTask()
	request.ClientToken, request.StartedBy = nil, nil
	arn := aws.ToString(request.TaskDefinition)
	request.TaskDefinition = aws.String(arn[strings.LastIndex(arn, "/")+1:])
	overrides := *request.Overrides
	container := overrides.ContainerOverrides[0]
	if len(overrides.ContainerOverrides) != 1 || aws.ToString(container.Name) != v1alpha1.DefaultContainerName ||
		len(container.Environment) != 1 || aws.ToString(container.Environment[0].Name) != v1alpha1.PublicKeyVariable {
		t.Errorf("container overrides: %v", overrides.ContainerOverrides)
	}
	overrides.ContainerOverrides = nil
	request.Overrides = &overrides
	request.Tags = slices.DeleteFunc(slices.Clone(request.Tags), func(tag types.Tag) bool {
		return strings.HasPrefix(aws.ToString(tag.Key), v1alpha1.GroupVersion.Group)
	})
	return &request
}
