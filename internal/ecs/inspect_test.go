package ecs

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

var testLocation = Location{Region: "us-east-1", Cluster: "ci"}

func TestInspectCluster_SaysWhatALaunchDependsOn(t *testing.T) {
	localecstest.Start(t, localecs.Config{})
	for _, name := range []string{"ci", "arn:aws:ecs:us-east-1:123456789012:cluster/ci"} {
		cluster, err := (&Clients{}).InspectCluster(t.Context(), Location{Region: "us-east-1", Cluster: name})
		if err != nil {
			t.Fatal(err)
		}
		want := &Cluster{Status: "ACTIVE", CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"}, DefaultStrategy: []string{"FARGATE"}}
		if diff := cmp.Diff(want, cluster); diff != "" {
			t.Errorf("cluster %s differs (-want +got):\n%s", name, diff)
		}
	}
}

func TestInspectCluster_NoSuchCluster_IsNoError(t *testing.T) {
	localecstest.Start(t, localecs.Config{})
	cluster, err := (&Clients{}).InspectCluster(t.Context(), Location{Region: "us-east-1", Cluster: "nowhere"})
	if cluster != nil || err != nil {
		t.Errorf("got %v, %v; want neither", cluster, err)
	}
}

// failingClusters answers every call with a failure.
type failingClusters struct{ reason string }

func (f failingClusters) DescribeClusters(context.Context, *ecs.DescribeClustersInput, ...func(*ecs.Options)) (*ecs.DescribeClustersOutput, error) {
	return &ecs.DescribeClustersOutput{Failures: []types.Failure{{Reason: aws.String(f.reason)}}}, nil
}

func TestInspectCluster_FailureThatIsNotMissing_IsAnError(t *testing.T) {
	clients := &Clients{accounts: map[account]*regional{{region: "us-east-1"}: {clusters: failingClusters{"INTERNAL"}}}}
	_, err := clients.InspectCluster(t.Context(), testLocation)
	var fault *Error
	if !errors.As(err, &fault) || fault.Class != RetrySame {
		t.Fatalf("got %v, want an error that may pass", err)
	}
	if want := "looking up the cluster ci: ECS could not describe it: INTERNAL"; fault.Message != want {
		t.Errorf("got %q, want %q", fault.Message, want)
	}
}

func TestInspectTaskDefinition_SaysWhatALaunchDependsOn(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	checked, ranged := seed.Container(localecstest.Idle, 22), seed.Container(localecstest.Idle, 22)
	checked.HealthCheck = &types.HealthCheck{Command: []string{"CMD", "true"}}
	ranged.Name = aws.String("ranges")
	ranged.PortMappings = []types.PortMapping{
		{ContainerPortRange: aws.String("2200-2299")},
		{ContainerPort: aws.Int32(53), Protocol: types.TransportProtocolUdp},
		{ContainerPort: aws.Int32(80), Protocol: types.TransportProtocolTcp},
	}
	arn := env.Define(t, "many", checked, ranged)
	definition, err := (&Clients{}).InspectTaskDefinition(t.Context(), testLocation, "many")
	if err != nil {
		t.Fatal(err)
	}
	want := Definition{
		ARN: arn, Active: true, NetworkMode: "awsvpc", Fargate: true, CPU: 256, Memory: 512,
		Containers: map[string]Container{
			"ci-coordinator": {Image: localecstest.Idle, HealthCheck: true, TCPPorts: []PortRange{{22, 22}}},
			"ranges":         {Image: localecstest.Idle, TCPPorts: []PortRange{{2200, 2299}, {80, 80}}},
		},
	}
	if diff := cmp.Diff(want, definition); diff != "" {
		t.Errorf("definition differs (-want +got):\n%s", diff)
	}
}

func TestInspectTaskDefinition_ForEC2_HasECSsDefaults(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	_, err := env.Client.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("ec2"), ContainerDefinitions: []types.ContainerDefinition{seed.Container(localecstest.Idle, 22)},
	})
	if err != nil {
		t.Fatal(err)
	}
	definition, err := (&Clients{}).InspectTaskDefinition(t.Context(), testLocation, "ec2")
	if err != nil {
		t.Fatal(err)
	}
	if definition.NetworkMode != "bridge" || definition.Fargate {
		t.Errorf("network mode %s, Fargate %t; want bridge, false", definition.NetworkMode, definition.Fargate)
	}
}

func TestInspectTaskDefinition_DeregisteredMeanwhile_IsNoticed(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	clients := &Clients{}
	if _, err := clients.TaskDefinition(t.Context(), testLocation, "ci:1"); err != nil {
		t.Fatal(err)
	}
	if _, err := env.Client.DeregisterTaskDefinition(t.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String("ci:1")}); err != nil {
		t.Fatal(err)
	}
	definition, err := clients.InspectTaskDefinition(t.Context(), testLocation, "ci:1")
	if err != nil {
		t.Fatal(err)
	}
	if definition.Active {
		t.Error("a deregistered revision is still called active")
	}
}

func TestMapsTCP(t *testing.T) {
	container := Container{TCPPorts: []PortRange{{22, 22}, {2200, 2299}}}
	for port, want := range map[int32]bool{21: false, 22: true, 23: false, 2199: false, 2200: true, 2299: true, 2300: false} {
		if got := container.MapsTCP(port); got != want {
			t.Errorf("port %d: %t, want %t", port, got, want)
		}
	}
}

func TestVPCs_LeaveOutWhatDoesNotExist(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{SecurityGroups: []string{"sg-a", "sg-b"}})
	clients := &Clients{}
	tests := map[string]struct {
		look   func(context.Context, Location, []string) (map[string]string, error)
		action string
		ids    []string
		want   map[string]string
		calls  int
	}{
		"all subnets":          {clients.VPCsOfSubnets, "DescribeSubnets", []string{"subnet-local-a", "subnet-local-b"}, map[string]string{"subnet-local-a": "vpc-local", "subnet-local-b": "vpc-local"}, 1},
		"one subnet missing":   {clients.VPCsOfSubnets, "DescribeSubnets", []string{"subnet-0", "subnet-local-a"}, map[string]string{"subnet-local-a": "vpc-local"}, 3},
		"the subnet missing":   {clients.VPCsOfSubnets, "DescribeSubnets", []string{"subnet-0"}, map[string]string{}, 1},
		"all groups":           {clients.VPCsOfSecurityGroups, "DescribeSecurityGroups", []string{"sg-a", "sg-b"}, map[string]string{"sg-a": "vpc-local", "sg-b": "vpc-local"}, 1},
		"one group missing":    {clients.VPCsOfSecurityGroups, "DescribeSecurityGroups", []string{"sg-a", "sg-0"}, map[string]string{"sg-a": "vpc-local"}, 3},
		"no groups to look up": {clients.VPCsOfSecurityGroups, "DescribeSecurityGroups", nil, nil, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			env.Reset()
			got, err := test.look(t.Context(), testLocation, test.ids)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("VPCs differ (-want +got):\n%s", diff)
			}
			if calls := env.Calls()[test.action]; calls != test.calls {
				t.Errorf("%d calls, want %d", calls, test.calls)
			}
		})
	}
}

func TestVPCs_Denied_NamesThePermission(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	clients := &Clients{}
	denied := localecs.ErrorFault(localecs.APIError{Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation.", Status: 403})
	unknown := localecs.ErrorFault(localecs.APIError{Code: "InvalidSubnetID.NotFound", Message: "The subnet ID 'subnet-0' does not exist", Status: 400})
	env.FailNext("DescribeSubnets", 1, unknown)
	env.FailNext("DescribeSubnets", 1, denied)
	env.FailNext("DescribeSecurityGroups", 1, denied)
	for action, look := range map[string]func(context.Context, Location, []string) (map[string]string, error){
		"ec2:DescribeSubnets":        clients.VPCsOfSubnets,
		"ec2:DescribeSecurityGroups": clients.VPCsOfSecurityGroups,
	} {
		_, err := look(t.Context(), testLocation, []string{"id-1", "id-2"})
		var fault *Error
		if !errors.As(err, &fault) || fault.Reason != v1alpha1.ReasonAccessDenied {
			t.Errorf("got %v, want AccessDenied", err)
			continue
		}
		want := "(give the identity in use the permission " + action + ", see docs/aws-permissions.md)"
		if got := fault.Message[len(fault.Message)-len(want):]; got != want {
			t.Errorf("%q does not end in %q", fault.Message, want)
		}
	}
}
