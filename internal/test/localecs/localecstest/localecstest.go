// Package localecstest gives each test its own local ECS, with the cluster "ci"
// and the task definition "ci" in it, and points the SDK's standard configuration
// at it.
package localecstest

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// Idle is the image of a container that does nothing until it is stopped.
const Idle = "idle"

// Env is a local ECS and a client of it.
type Env struct {
	*localecs.Server
	Client *ecs.Client
}

// Start starts a local ECS that ends with the test. The test's environment
// points at it, so tests that call Start do not run in parallel.
func Start(t testing.TB, cfg localecs.Config) *Env {
	t.Helper()
	if cfg.Images == nil {
		cfg.Images = map[string][]string{}
	}
	cfg.Images[Idle] = localecs.NoProcess()
	server, err := localecs.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	for name, value := range seed.Credentials() {
		t.Setenv(name, value)
	}
	t.Setenv("AWS_ENDPOINT_URL", server.URL())
	sdk, err := config.LoadDefaultConfig(t.Context(), config.WithRegion("us-east-1"))
	if err != nil {
		t.Fatal(err)
	}
	env := &Env{Server: server, Client: ecs.NewFromConfig(sdk)}
	if err := seed.Cluster(t.Context(), env.Client, "ci"); err != nil {
		t.Fatal(err)
	}
	env.Define(t, "ci", seed.Container(Idle, 22))
	env.Reset()
	return env
}

// Define registers a revision of a task definition and returns its ARN.
func (e *Env) Define(t testing.TB, family string, containers ...types.ContainerDefinition) string {
	t.Helper()
	arn, err := seed.TaskDefinition(t.Context(), e.Client, family, containers...)
	if err != nil {
		t.Fatal(err)
	}
	return arn
}

// Tasks returns all tasks of cluster ci, running and stopped, with their tags.
func (e *Env) Tasks(t testing.TB) []types.Task {
	t.Helper()
	var arns []string
	for _, status := range []types.DesiredStatus{types.DesiredStatusRunning, types.DesiredStatusStopped} {
		out, err := e.Client.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String("ci"), DesiredStatus: status})
		if err != nil {
			t.Fatal(err)
		}
		arns = append(arns, out.TaskArns...)
	}
	if len(arns) == 0 {
		return nil
	}
	out, err := e.Client.DescribeTasks(t.Context(), &ecs.DescribeTasksInput{
		Cluster: aws.String("ci"), Tasks: arns, Include: []types.TaskField{types.TaskFieldTags},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Tasks
}
