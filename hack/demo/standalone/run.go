package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/fargate-operator/fargate-operator/hack/demo/sample"
	"github.com/fargate-operator/fargate-operator/hack/demo/show"
	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// The names of what a platform team would have set up in AWS.
const (
	region         = "us-east-1"
	cluster        = "test-cluster"
	taskDefinition = "test-task"
	image          = "fargate-operator/ssh-server"
	port           = 2222 // 22 would need root.
)

// run runs the sample job with the programs of a directory. The executor calls the local ECS itself.
func run(ctx context.Context, programs string) (err error) {
	dir, err := os.MkdirTemp("", "fargate-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	server, err := localecs.Start(localecs.Config{
		Region: region,
		Images: map[string][]string{image: {filepath.Join(programs, "localecs"), "sshd"}},
		Delays: sample.Delays,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	client := newClient(server)
	if err := seed.Cluster(ctx, client, cluster); err != nil {
		return err
	}
	if _, err := seed.TaskDefinition(ctx, client, taskDefinition, seed.Container(image, port)); err != nil {
		return err
	}
	metadata := filepath.Join(dir, "metadata")
	if err := os.Mkdir(metadata, 0o700); err != nil {
		return err
	}
	config, err := writeConfig(dir, metadata)
	if err != nil {
		return err
	}
	runner := &fakerunner.Runner{
		Custom:    fakerunner.Calling(filepath.Join(programs, "fargate"), config),
		BuildsDir: filepath.Join(dir, "builds"),
		Env:       environment(server),
	}
	if err := sample.Run(ctx, runner, os.Stdout); err != nil {
		return err
	}
	return checkNothingLeft(ctx, client)
}

func newClient(server *localecs.Server) *ecs.Client {
	return ecs.New(ecs.Options{
		Region:       region,
		BaseEndpoint: aws.String(server.URL()),
		Credentials:  credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

// environment lets the executor call the local ECS.
func environment(server *localecs.Server) []string {
	variables := []string{"AWS_ENDPOINT_URL=" + server.URL()}
	for name, value := range seed.Credentials() {
		variables = append(variables, name+"="+value)
	}
	return variables
}

// writeConfig writes the fargate.toml of a runner without Kubernetes, which GitLab's Fargate driver would read as well.
func writeConfig(dir, metadata string) (file string, err error) {
	file = filepath.Join(dir, "fargate.toml")
	return file, os.WriteFile(file, fmt.Appendf(nil, `LogLevel = "info"
LogFormat = "text"

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
`, cluster, region, taskDefinition, metadata, port), 0o600)
}

// checkNothingLeft looks for tasks that are to run on: cleanup returns when ECS has accepted the stop.
func checkNothingLeft(ctx context.Context, client *ecs.Client) error {
	left, err := client.ListTasks(ctx, &ecs.ListTasksInput{Cluster: aws.String(cluster)})
	if err != nil {
		return err
	}
	if count := len(left.TaskArns); count > 0 {
		return fmt.Errorf("%d tasks are left after the job", count)
	}
	show.Step("Nothing is left: no task")
	return nil
}
