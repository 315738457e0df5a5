package devstack

import (
	"context"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// Image is the image of the built-in SSH server in the local ECS.
const Image = "fargate-operator/ssh-server"

func (s *Stack) startECS(ctx context.Context) error {
	images := map[string][]string{Image: {filepath.Join(s.options.Programs, "localecs"), "sshd"}}
	for name, command := range s.options.Images {
		images[name] = command
	}
	server, err := localecs.Start(localecs.Config{
		Region:   Region,
		Account:  Account,
		Images:   images,
		Delays:   s.options.Delays,
		Throttle: s.options.Throttle,
	})
	if err != nil {
		return err
	}
	s.onStop(server.Close)
	s.AWS = server
	policy, err := ManagerPolicy()
	if err != nil {
		return err
	}
	server.SetPolicy(ManagerAccessKey, policy)
	client, err := s.ECS(ctx)
	if err != nil {
		return err
	}
	if err := seed.Cluster(ctx, client, Cluster); err != nil {
		return err
	}
	_, err = seed.TaskDefinition(ctx, client, TaskDefinition, seed.Container(Image, Port))
	return err
}

// ECS returns a client of the local ECS.
func (s *Stack) ECS(ctx context.Context) (*ecs.Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx,
		config.WithRegion(Region),
		config.WithBaseEndpoint(s.AWS.URL()),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local", "")),
	)
	if err != nil {
		return nil, err
	}
	return ecs.NewFromConfig(cfg), nil
}

// Tasks counts the tasks whose desired status is RUNNING.
func (s *Stack) Tasks(ctx context.Context) (int, error) {
	client, err := s.ECS(ctx)
	if err != nil {
		return 0, err
	}
	out, err := client.ListTasks(ctx, &ecs.ListTasksInput{Cluster: aws.String(Cluster)})
	if err != nil {
		return 0, err
	}
	return len(out.TaskArns), nil
}
