package derive_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/internal/ecs/derive"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

func TestRegistration_ECS_AcceptsIt(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{Dir: t.TempDir()})
	container := func(name string) types.ContainerDefinition {
		return types.ContainerDefinition{
			Name: aws.String(name), Image: aws.String("registry.example.com/" + name),
			HealthCheck: &types.HealthCheck{Command: []string{"CMD", "true"}},
			Environment: []types.KeyValuePair{{Name: aws.String("B"), Value: aws.String("2")}, {Name: aws.String("A"), Value: aws.String("1")}},
			MountPoints: []types.MountPoint{{SourceVolume: aws.String("shared"), ContainerPath: aws.String("/shared")}},
		}
	}
	before, main, after := container("before"), container("main"), container("after")
	main.DependsOn = []types.ContainerDependency{{ContainerName: aws.String("before"), Condition: types.ContainerConditionHealthy}}
	after.DependsOn = []types.ContainerDependency{{ContainerName: aws.String("main"), Condition: types.ContainerConditionHealthy}}
	registered, err := env.Client.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("base"), Cpu: aws.String("256"), Memory: aws.String("512"), NetworkMode: types.NetworkModeAwsvpc,
		RequiresCompatibilities: []types.Compatibility{types.CompatibilityFargate},
		ContainerDefinitions:    []types.ContainerDefinition{before, main, after},
		Volumes:                 []types.Volume{{Name: aws.String("shared")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	image := derive.Image{Reference: "registry.example.com/node:22"}
	in, err := derive.Registration(&derive.Task{
		Agent: image, Helper: image, Job: image,
		Services:     []derive.Service{{Name: "db", Image: image}},
		Architecture: types.CPUArchitectureX8664, Compatibility: types.CompatibilityFargate,
		CPU: 1024, Memory: 2048, BuildsDir: "/builds", CacheDir: "/cache", Port: 22,
		Base: &derive.Base{Container: "main", Definition: registered.TaskDefinition},
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := env.Client.RegisterTaskDefinition(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if got := *out.TaskDefinition.Family; got != *in.Family {
		t.Errorf("registered as %s, want %s", got, *in.Family)
	}
	described, err := env.Client.DescribeTaskDefinition(t.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: in.Family})
	if err != nil || len(described.TaskDefinition.ContainerDefinitions) != 6 {
		t.Errorf("got %+v, %v, want six containers", described, err)
	}
}
