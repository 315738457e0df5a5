// Package seed puts into a local ECS what a platform team would have set up in
// AWS: a cluster and a task definition, through the real SDK.
package seed

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// Credentials are what a client of a local ECS needs in its environment, beside
// AWS_ENDPOINT_URL. The server does not check signatures.
func Credentials() map[string]string {
	return map[string]string{
		"AWS_ACCESS_KEY_ID":         "local",
		"AWS_SECRET_ACCESS_KEY":     "local",
		"AWS_EC2_METADATA_DISABLED": "true",
	}
}

// Cluster creates a cluster whose default strategy is FARGATE, with
// FARGATE_SPOT besides.
func Cluster(ctx context.Context, client *ecs.Client, name string) error {
	_, err := client.CreateCluster(ctx, &ecs.CreateClusterInput{
		ClusterName:       aws.String(name),
		CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"},
		DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{
			{CapacityProvider: aws.String("FARGATE"), Weight: 1},
		},
	})
	if err != nil {
		return fmt.Errorf("creating cluster %s: %w", name, err)
	}
	return nil
}

// TaskDefinition registers a task definition for Fargate with the containers
// given and returns its ARN.
func TaskDefinition(ctx context.Context, client *ecs.Client, family string, containers ...types.ContainerDefinition) (string, error) {
	out, err := client.RegisterTaskDefinition(ctx, &ecs.RegisterTaskDefinitionInput{
		Family:                  aws.String(family),
		NetworkMode:             types.NetworkModeAwsvpc,
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		Cpu:                     aws.String("256"),
		Memory:                  aws.String("512"),
		ContainerDefinitions:    containers,
	})
	if err != nil {
		return "", fmt.Errorf("registering task definition %s: %w", family, err)
	}
	return aws.ToString(out.TaskDefinition.TaskDefinitionArn), nil
}

// Container is a container definition named ci-coordinator whose SSH server
// listens on the port given.
func Container(image string, port int32) types.ContainerDefinition {
	return types.ContainerDefinition{
		Name:         aws.String("ci-coordinator"),
		Image:        aws.String(image),
		Essential:    aws.Bool(true),
		PortMappings: []types.PortMapping{{ContainerPort: aws.Int32(port)}},
		Environment:  []types.KeyValuePair{{Name: aws.String("SSH_PORT"), Value: aws.String(fmt.Sprint(port))}},
		StopTimeout:  aws.Int32(2),
	}
}
