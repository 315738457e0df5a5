package inspect

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

func TestTaskDefinition_SaysWhatALaunchDependsOn(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	checked, ranged := seed.Container(localecstest.Idle, 22), seed.Container(localecstest.Idle, 22)
	checked.HealthCheck = &types.HealthCheck{Command: []string{"CMD", "true"}}
	ranged.Name, ranged.Essential = aws.String("ranges"), aws.Bool(false)
	ranged.DependsOn = []types.ContainerDependency{{ContainerName: checked.Name, Condition: types.ContainerConditionHealthy}}
	ranged.PortMappings = []types.PortMapping{
		{ContainerPortRange: aws.String("2200-2299")},
		{ContainerPort: aws.Int32(53), Protocol: types.TransportProtocolUdp},
		{ContainerPort: aws.Int32(80), Protocol: types.TransportProtocolTcp},
	}
	arn := env.Define(t, "many", checked, ranged)
	definition, err := newInspector().TaskDefinition(t.Context(), testLocation, "many")
	if err != nil {
		t.Fatal(err)
	}
	want := ecs.Definition{
		ARN: arn, Active: true, NetworkMode: "awsvpc", Fargate: true, CPU: 256, Memory: 512, OS: "LINUX",
		Containers: map[string]ecs.Container{
			"ci-coordinator": {Essential: true, Image: localecstest.Idle, HealthCheck: true, TCPPorts: []ecs.PortRange{{First: 22, Last: 22}}},
			"ranges": {
				Image: localecstest.Idle, TCPPorts: []ecs.PortRange{{First: 2200, Last: 2299}, {First: 80, Last: 80}},
				DependsOn: map[string]ecs.DependencyCondition{"ci-coordinator": ecs.DependencyHealthy},
			},
		},
	}
	if diff := cmp.Diff(want, definition); diff != "" {
		t.Errorf("definition differs (-want +got):\n%s", diff)
	}
}

func TestTaskDefinition_ForEC2_HasECSsDefaults(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	_, err := env.Client.RegisterTaskDefinition(t.Context(), &awsecs.RegisterTaskDefinitionInput{
		Family: aws.String("ec2"), ContainerDefinitions: []types.ContainerDefinition{seed.Container(localecstest.Idle, 22)},
	})
	if err != nil {
		t.Fatal(err)
	}
	definition, err := newInspector().TaskDefinition(t.Context(), testLocation, "ec2")
	if err != nil {
		t.Fatal(err)
	}
	if definition.NetworkMode != "bridge" || definition.Fargate {
		t.Errorf("network mode %s, Fargate %t; want bridge, false", definition.NetworkMode, definition.Fargate)
	}
}

func TestTaskDefinition_DeregisteredMeanwhile_IsNoticed(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	clients := &ecs.Clients{}
	if _, err := clients.TaskDefinition(t.Context(), testLocation, "ci:1"); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Client.DeregisterTaskDefinition(t.Context(), &awsecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String("ci:1")}); err != nil {
		t.Fatal(err)
	}
	definition, err := New(clients).TaskDefinition(t.Context(), testLocation, "ci:1")
	if err != nil {
		t.Fatal(err)
	}
	if definition.Active {
		t.Error("a deregistered revision is still called active")
	}
}
