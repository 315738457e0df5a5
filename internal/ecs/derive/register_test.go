package derive_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/internal/ecs/derive"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

func TestRegistration_ECS_AcceptsIt(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{Dir: t.TempDir()})
	image := derive.Image{Reference: "registry.example.com/node:22"}
	in, err := derive.Registration(&derive.Task{
		Agent: image, Helper: image, Job: image,
		Services:     []derive.Service{{Name: "db", Image: image}},
		Architecture: types.CPUArchitectureX8664, Compatibility: types.CompatibilityFargate,
		CPU: 1024, Memory: 2048, BuildsDir: "/builds", CacheDir: "/cache", Port: 22,
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
	if err != nil || len(described.TaskDefinition.ContainerDefinitions) != 4 {
		t.Errorf("got %+v, %v, want four containers", described, err)
	}
}
