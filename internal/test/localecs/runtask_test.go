package localecs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

func vpc(in *ecs.RunTaskInput) *types.AwsVpcConfiguration {
	return in.NetworkConfiguration.AwsvpcConfiguration
}

func manyTags(count int) []types.Tag {
	tags := make([]types.Tag, count)
	for i := range tags {
		tags[i] = types.Tag{Key: aws.String(fmt.Sprint("key", i)), Value: aws.String("value")}
	}
	return tags
}

func TestRunTask_InvalidRequest_IsRefusedAsOnAWS(t *testing.T) {
	e := start(t)
	e.register("ec2only", shell("main", "true"))
	if _, err := e.ecs.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("bridge"), ContainerDefinitions: []types.ContainerDefinition{shell("main", "true")},
	}); err != nil {
		t.Fatal(err)
	}
	retired := e.register("retired", shell("main", "true"))
	if _, err := e.ecs.DeregisterTaskDefinition(t.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: &retired}); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		change        func(*ecs.RunTaskInput)
		code, message string
	}{
		"unknown cluster": {
			func(in *ecs.RunTaskInput) { in.Cluster = aws.String("absent") },
			"ClusterNotFoundException", "Cluster not found.",
		},
		"no default cluster": {
			func(in *ecs.RunTaskInput) { in.Cluster = nil },
			"ClusterNotFoundException", "Cluster not found.",
		},
		"cluster of another Region": {
			func(in *ecs.RunTaskInput) { in.Cluster = aws.String("arn:aws:ecs:eu-west-1:123456789012:cluster/ci") },
			"ClusterNotFoundException", "Cluster not found.",
		},
		"unknown task definition": {
			func(in *ecs.RunTaskInput) { in.TaskDefinition = aws.String("absent") },
			"ClientException", "TaskDefinition not found.",
		},
		"unknown revision": {
			func(in *ecs.RunTaskInput) { in.TaskDefinition = aws.String("job:99") },
			"ClientException", "TaskDefinition not found.",
		},
		"inactive task definition": {
			func(in *ecs.RunTaskInput) { in.TaskDefinition = &retired },
			"ClientException", "TaskDefinition is inactive",
		},
		"task definition not for Fargate": {
			func(in *ecs.RunTaskInput) { in.TaskDefinition = aws.String("bridge") },
			"InvalidParameterException", "Task definition does not support launch_type FARGATE.",
		},
		"neither launch type nor strategy": {
			func(in *ecs.RunTaskInput) { in.LaunchType = "" },
			"InvalidParameterException", "No Container Instances were found in your cluster.",
		},
		"launch type EC2": {
			func(in *ecs.RunTaskInput) { in.LaunchType = types.LaunchTypeEc2 },
			"InvalidParameterException", "No Container Instances were found in your cluster.",
		},
		"launch type and strategy": {
			func(in *ecs.RunTaskInput) { in.CapacityProviderStrategy = strategy("FARGATE") },
			"InvalidParameterException", "Specifying both a launch type and capacity provider strategy",
		},
		"provider that the cluster does not have": {
			func(in *ecs.RunTaskInput) { in.LaunchType, in.CapacityProviderStrategy = "", strategy("FARGATE_SPOT") },
			"InvalidParameterException", "capacity provider FARGATE_SPOT",
		},
		"unknown platform version": {
			func(in *ecs.RunTaskInput) { in.PlatformVersion = aws.String("9.9.9") },
			"PlatformUnknownException", "platform version",
		},
		"no network configuration": {
			func(in *ecs.RunTaskInput) { in.NetworkConfiguration = nil },
			"InvalidParameterException", "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
		},
		"too many subnets": {
			func(in *ecs.RunTaskInput) { vpc(in).Subnets = make([]string, 17) },
			"InvalidParameterException", "subnets can have at most 16 items.",
		},
		"no subnets": {
			func(in *ecs.RunTaskInput) { vpc(in).Subnets = []string{} },
			"InvalidParameterException", "subnets can not be empty.",
		},
		"too many security groups": {
			func(in *ecs.RunTaskInput) { vpc(in).SecurityGroups = make([]string, 6) },
			"InvalidParameterException", "securityGroups can have at most 5 items.",
		},
		"unknown subnet": {
			func(in *ecs.RunTaskInput) { vpc(in).Subnets = []string{"subnet-absent"} },
			"InvalidParameterException", "The subnet ID 'subnet-absent' does not exist",
		},
		"unknown security group": {
			func(in *ecs.RunTaskInput) { vpc(in).SecurityGroups = []string{"sg-absent"} },
			"InvalidParameterException", "The security group 'sg-absent' does not exist",
		},
		"override of an unknown container": {
			func(in *ecs.RunTaskInput) {
				in.Overrides = &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{Name: aws.String("other")}}}
			},
			"InvalidParameterException", "Override for container named other is not a container in the TaskDefinition.",
		},
		"overrides too long": {
			script(strings.Repeat("x", 8192)),
			"InvalidParameterException", "Container Overrides length must be at most 8192",
		},
		"size that Fargate does not have": {
			func(in *ecs.RunTaskInput) {
				in.Overrides = &types.TaskOverride{Cpu: aws.String("256"), Memory: aws.String("4096")}
			},
			"ClientException", "No Fargate configuration exists for given values.",
		},
		"too little ephemeral storage": {
			func(in *ecs.RunTaskInput) {
				in.Overrides = &types.TaskOverride{EphemeralStorage: &types.EphemeralStorage{SizeInGiB: 20}}
			},
			"InvalidParameterException", "Ephemeral storage",
		},
		"too many tags": {
			func(in *ecs.RunTaskInput) { in.Tags = manyTags(51) },
			"InvalidParameterException", "at most 50 tags",
		},
		"reserved tag key": {
			func(in *ecs.RunTaskInput) { in.Tags = []types.Tag{{Key: aws.String("AWS:x"), Value: aws.String("")}} },
			"InvalidParameterException", "aws: prefixed tag key names are not allowed",
		},
		"tag value too long": {
			func(in *ecs.RunTaskInput) {
				in.Tags = []types.Tag{{Key: aws.String("x"), Value: aws.String(strings.Repeat("x", 257))}}
			},
			"InvalidParameterException", "at most 256 characters",
		},
		"startedBy with other characters": {
			func(in *ecs.RunTaskInput) { in.StartedBy = aws.String("a:b") },
			"InvalidParameterException", "startedBy",
		},
		"startedBy too long": {
			func(in *ecs.RunTaskInput) { in.StartedBy = aws.String(strings.Repeat("x", 129)) },
			"InvalidParameterException", "startedBy",
		},
		"client token too long": {
			func(in *ecs.RunTaskInput) { in.ClientToken = aws.String(strings.Repeat("x", 65)) },
			"InvalidParameterException", "clientToken",
		},
		"too many tasks": {
			func(in *ecs.RunTaskInput) { in.Count = aws.Int32(11) },
			"InvalidParameterException", "Count must be between 1 and 10.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := e.ecs.RunTask(t.Context(), request(tc.change))
			here := *e
			here.T = t
			here.wantError(err, tc.code, tc.message)
		})
	}
}

func TestRunTask_GivesTheContainerItsEnvironment(t *testing.T) {
	e := start(t)
	main := shell("main", `echo "$GREETING $NAME $AWS_REGION $LOCALECS_ADDRESSES $SECRET_OF_THE_SERVER"; sleep 600`)
	main.Environment = []types.KeyValuePair{
		{Name: aws.String("GREETING"), Value: aws.String("hello")}, {Name: aws.String("NAME"), Value: aws.String("nobody")},
	}
	t.Setenv("SECRET_OF_THE_SERVER", "leaked")
	e.register("job", main)
	arn := e.run(func(in *ecs.RunTaskInput) {
		in.Overrides = &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{
			Name: aws.String("main"), Environment: []types.KeyValuePair{{Name: aws.String("NAME"), Value: aws.String("world")}},
		}}}
	})
	task := e.await(arn, "RUNNING")
	want := "hello world us-east-1 " + detail(task, "privateIPv4Address") + " \n"
	if got := e.logged(arn, "main"); got != want {
		t.Errorf("container saw %q, want %q", got, want)
	}
	if diff := cmp.Diff("world", *task.Overrides.ContainerOverrides[0].Environment[0].Value); diff != "" {
		t.Errorf("overrides shown (-want +got):\n%s", diff)
	}
}

func TestRunTask_SizesAndStorage_AreShown(t *testing.T) {
	e := start(t)
	task := e.describe(e.run(func(in *ecs.RunTaskInput) {
		in.Overrides = &types.TaskOverride{
			Cpu: aws.String("1 vCPU"), Memory: aws.String("3 GB"), EphemeralStorage: &types.EphemeralStorage{SizeInGiB: 50},
		}
	}))
	if *task.Cpu != "1024" || *task.Memory != "3072" || task.EphemeralStorage.SizeInGiB != 50 {
		t.Errorf("cpu %s, memory %s, storage %d", *task.Cpu, *task.Memory, task.EphemeralStorage.SizeInGiB)
	}
}

func TestRunTask_Count_StartsTasksWithAddressesOfTheirOwn(t *testing.T) {
	e := start(t)
	out, err := e.ecs.RunTask(t.Context(), request(func(in *ecs.RunTaskInput) { in.Count = aws.Int32(3) }))
	if err != nil {
		t.Fatal(err)
	}
	addresses := make(map[string]bool)
	for _, task := range out.Tasks {
		addresses[detail(e.await(*task.TaskArn, "RUNNING"), "privateIPv4Address")] = true
	}
	if len(addresses) != 3 {
		t.Errorf("3 tasks have the addresses %v", addresses)
	}
}

func TestRunTask_FailureFault_StartsNothing(t *testing.T) {
	const reason = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
	e := start(t)
	e.server.FailNext("RunTask", 1, localecs.FailureFault(reason))
	out, err := e.ecs.RunTask(t.Context(), request())
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Tasks) != 0 || len(out.Failures) != 1 || *out.Failures[0].Reason != reason {
		t.Errorf("tasks %v, failures %+v", out.Tasks, out.Failures)
	}
	e.run() // the next one succeeds
}
