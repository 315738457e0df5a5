package localecs_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// env is a local ECS with its clients. Its image "shell" runs the command it
// gets as a shell script.
type env struct {
	*testing.T
	server *localecs.Server
	ecs    *ecs.Client
	ec2    *ec2.Client
	dir    string
}

// start starts a server that has the cluster "ci" and the task definition "job"
// whose only container, "main", sleeps.
func start(t *testing.T, adjust ...func(*localecs.Config)) *env {
	t.Helper()
	e := startEmpty(t, adjust...)
	e.createCluster("ci")
	e.register("job", shell("main", "sleep 600"))
	return e
}

func startEmpty(t *testing.T, adjust ...func(*localecs.Config)) *env {
	t.Helper()
	dir := t.TempDir()
	config := localecs.Config{Dir: dir, Images: map[string][]string{"shell": {"/bin/sh", "-c"}, "no-process": localecs.NoProcess()}}
	for _, change := range adjust {
		change(&config)
	}
	server, err := localecs.Start(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	awsConfig := aws.Config{
		Region:       "us-east-1",
		BaseEndpoint: aws.String(server.URL()),
		Credentials:  credentials.NewStaticCredentialsProvider("id", "secret", ""),
		Retryer:      onlyClosedConnections,
	}
	return &env{T: t, server: server, ecs: ecs.NewFromConfig(awsConfig), ec2: ec2.NewFromConfig(awsConfig), dir: dir}
}

// onlyClosedConnections retries only if the SDK's client closed a connection that
// it was still reading from, and not for any answer of the server.
func onlyClosedConnections() aws.Retryer {
	closed := retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
		return aws.BoolTernary(errors.Is(err, net.ErrClosed))
	})
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.Retryables = []retry.IsErrorRetryable{closed}
	})
}

func (e *env) createCluster(name string) {
	e.Helper()
	if _, err := e.ecs.CreateCluster(e.Context(), &ecs.CreateClusterInput{ClusterName: &name}); err != nil {
		e.Fatal(err)
	}
}

// shell is a container that runs a shell script.
func shell(name, script string) types.ContainerDefinition {
	return types.ContainerDefinition{
		Name: aws.String(name), Image: aws.String("shell"), Command: []string{script}, StopTimeout: aws.Int32(5),
	}
}

func definition(family string, containers ...types.ContainerDefinition) *ecs.RegisterTaskDefinitionInput {
	return &ecs.RegisterTaskDefinitionInput{
		Family:                  &family,
		ContainerDefinitions:    containers,
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		NetworkMode:             types.NetworkModeAwsvpc,
		Cpu:                     aws.String("256"),
		Memory:                  aws.String("512"),
	}
}

// register registers a task definition and returns its ARN.
func (e *env) register(family string, containers ...types.ContainerDefinition) string {
	e.Helper()
	out, err := e.ecs.RegisterTaskDefinition(e.Context(), definition(family, containers...))
	if err != nil {
		e.Fatal(err)
	}
	return *out.TaskDefinition.TaskDefinitionArn
}

// request is a RunTask request that succeeds.
func request(adjust ...func(*ecs.RunTaskInput)) *ecs.RunTaskInput {
	in := &ecs.RunTaskInput{
		Cluster:        aws.String("ci"),
		TaskDefinition: aws.String("job"),
		LaunchType:     types.LaunchTypeFargate,
		NetworkConfiguration: &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{
			Subnets: []string{"subnet-local-a"}, SecurityGroups: []string{"sg-local"},
		}},
	}
	for _, change := range adjust {
		change(in)
	}
	return in
}

// script makes the container "main" run another script.
func script(text string) func(*ecs.RunTaskInput) {
	return func(in *ecs.RunTaskInput) {
		in.Overrides = &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{
			{Name: aws.String("main"), Command: []string{text}},
		}}
	}
}

// run starts one task and returns its ARN.
func (e *env) run(adjust ...func(*ecs.RunTaskInput)) string {
	e.Helper()
	out, err := e.ecs.RunTask(e.Context(), request(adjust...))
	if err != nil {
		e.Fatal(err)
	}
	if len(out.Tasks) != 1 {
		e.Fatalf("%d tasks started, failures %v", len(out.Tasks), out.Failures)
	}
	return *out.Tasks[0].TaskArn
}

// describe returns a task with its tags.
func (e *env) describe(arn string) types.Task {
	e.Helper()
	out, err := e.ecs.DescribeTasks(e.Context(), &ecs.DescribeTasksInput{
		Cluster: aws.String("ci"), Tasks: []string{arn}, Include: []types.TaskField{types.TaskFieldTags},
	})
	if err != nil {
		e.Fatal(err)
	}
	if len(out.Tasks) != 1 {
		e.Fatalf("task %s is not there: %v", arn, out.Failures)
	}
	return out.Tasks[0]
}

func (e *env) await(arn, status string) types.Task {
	e.Helper()
	var task types.Task
	eventually.Holds(e.T, "task is "+status, func() bool {
		task = e.describe(arn)
		return *task.LastStatus == status
	})
	return task
}

func (e *env) stop(arn string) {
	e.Helper()
	_, err := e.ecs.StopTask(e.Context(), &ecs.StopTaskInput{
		Cluster: aws.String("ci"), Task: &arn, Reason: aws.String("done"),
	})
	if err != nil {
		e.Fatal(err)
	}
}

// logged waits until a container has written a whole line and returns all it
// has written.
func (e *env) logged(arn, container string) string {
	e.Helper()
	id := arn[strings.LastIndexByte(arn, '/')+1:]
	var text []byte
	eventually.Holds(e.T, "container "+container+" writes a line", func() bool {
		text, _ = os.ReadFile(filepath.Join(e.dir, id+"-"+container+".log"))
		return strings.HasSuffix(string(text), "\n")
	})
	return string(text)
}

// wantError checks an API error's code and that its message contains a text.
func (e *env) wantError(err error, code, message string) {
	e.Helper()
	var apiError smithy.APIError
	if !errors.As(err, &apiError) {
		e.Fatalf("error %v, want %s", err, code)
	}
	if apiError.ErrorCode() != code || !strings.Contains(apiError.ErrorMessage(), message) {
		e.Errorf("error %v, want %s: %s", err, code, message)
	}
}

func atoi(t *testing.T, digits string) int {
	t.Helper()
	number, err := strconv.Atoi(digits)
	if err != nil {
		t.Fatal(err)
	}
	return number
}
