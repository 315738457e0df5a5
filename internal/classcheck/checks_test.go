package classcheck

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
)

// right is a class that passes every check, with what AWS says about it.
func right() (*v1alpha1.TaskTemplate, *Findings) {
	template := &v1alpha1.TaskTemplate{
		Region: "us-east-1", Cluster: "ci", TaskDefinition: "ci", ContainerName: "ci-coordinator",
		Network: v1alpha1.Network{Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-a"}},
		SSH:     v1alpha1.SSHServer{Port: 22},
	}
	found := &Findings{
		Cluster: &inspect.Cluster{Status: "ACTIVE", CapacityProviders: []string{"FARGATE", "HOSTS"}, DefaultStrategy: []string{"FARGATE"}},
		Definition: ecs.Definition{
			ARN: "ci:1", Active: true, NetworkMode: "awsvpc", Fargate: true,
			Containers: map[string]ecs.Container{"ci-coordinator": {TCPPorts: []ecs.PortRange{{First: 22, Last: 22}}}},
		},
		Subnets: map[string]string{"subnet-a": "vpc-1", "subnet-b": "vpc-1"},
		Groups:  map[string]string{"sg-a": "vpc-1"},
	}
	return template, found
}

// States in AWS that a local ECS does not have.
func TestChecks_StatesThatOnlyAWSHas(t *testing.T) {
	fails := func(reason, message string) Outcome {
		return Outcome{Status: metav1.ConditionFalse, Reason: reason, Message: message}
	}
	passes := func(message string) Outcome {
		return Outcome{Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonPassed, Message: message}
	}
	inState := func(state string) func(*v1alpha1.TaskTemplate, *Findings) {
		return func(_ *v1alpha1.TaskTemplate, f *Findings) { f.Cluster = &inspect.Cluster{Status: state} }
	}
	onHosts := []v1alpha1.Placement{{Strategy: []v1alpha1.CapacityProvider{{Provider: "HOSTS"}}}, {LaunchType: "EC2"}}
	notOnFargate := fails(v1alpha1.ReasonFargateIncompatible,
		"task definition ci:1 does not run on Fargate: register it with requiresCompatibilities FARGATE, or place tasks elsewhere in spec.capacity")
	usable := passes(`task definition ci:1 has container "ci-coordinator" with port 22`)
	tests := map[string]struct {
		check  func(*v1alpha1.TaskTemplate, *Findings) Outcome
		change func(*v1alpha1.TaskTemplate, *Findings)
		want   Outcome
	}{
		"cluster being created": {checkCluster, inState("PROVISIONING"), fails(v1alpha1.ReasonClusterNotActive,
			"cluster ci has the status PROVISIONING and takes no tasks: wait until AWS has created its capacity providers")},
		"cluster without resources": {checkCluster, inState("FAILED"), fails(v1alpha1.ReasonClusterNotActive,
			"cluster ci has the status FAILED and takes no tasks: fix or remove the capacity providers that could not be created")},
		"cluster being deleted": {checkCluster, inState("DEPROVISIONING"), fails(v1alpha1.ReasonClusterNotActive,
			"cluster ci has the status DEPROVISIONING and takes no tasks: create it again or name another in spec.cluster")},
		"cluster deleted": {checkCluster, inState("INACTIVE"), fails(v1alpha1.ReasonClusterNotActive,
			"cluster ci has the status INACTIVE and takes no tasks: create it again or name another in spec.cluster")},
		"capacity of a cluster deleted": {checkCapacity, inState("INACTIVE"), Outcome{
			Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonClusterNotActive,
			Message: "the capacity of cluster ci is checked once ClusterActive is True",
		}},
		"launch types need no cluster": {checkCapacity, func(t *v1alpha1.TaskTemplate, f *Findings) {
			t.Capacity, f.Cluster = []v1alpha1.Placement{{LaunchType: "FARGATE"}}, nil
		}, passes("every placement has a launch type, which needs no capacity provider")},
		"own hosts in the cluster": {checkCapacity, func(t *v1alpha1.TaskTemplate, _ *Findings) {
			t.Capacity = onHosts
		}, passes("cluster ci has the capacity provider HOSTS")},
		"no capacity provider at all": {checkCapacity, func(t *v1alpha1.TaskTemplate, f *Findings) {
			t.Capacity, f.Cluster.CapacityProviders = onHosts, nil
		}, fails(v1alpha1.ReasonCapacityProviderNotInCluster,
			"cluster ci does not have the capacity provider HOSTS: add what is missing to its capacity providers (none) or correct spec.capacity")},
		"not for Fargate, placed on own hosts": {checkTaskDefinition, func(t *v1alpha1.TaskTemplate, f *Findings) {
			t.Capacity, f.Definition.Fargate = onHosts, false
		}, usable},
		"not for Fargate, own hosts by default": {checkTaskDefinition, func(_ *v1alpha1.TaskTemplate, f *Findings) {
			f.Cluster.DefaultStrategy, f.Definition.Fargate = []string{"HOSTS"}, false
		}, usable},
		"not for Fargate, default not known": {checkTaskDefinition, func(_ *v1alpha1.TaskTemplate, f *Findings) {
			f.Cluster, f.Definition.Fargate = nil, false
		}, usable},
		"not for Fargate, which is the default": {checkTaskDefinition, func(_ *v1alpha1.TaskTemplate, f *Findings) {
			f.Definition.Fargate = false
		}, notOnFargate},
		"not for Fargate, the last resort": {checkTaskDefinition, func(t *v1alpha1.TaskTemplate, f *Findings) {
			t.Capacity, f.Definition.Fargate = slices.Concat(onHosts, []v1alpha1.Placement{{LaunchType: "FARGATE"}}), false
		}, notOnFargate},
		"not for Fargate, placed on Spot": {checkTaskDefinition, func(t *v1alpha1.TaskTemplate, f *Findings) {
			t.Capacity, f.Definition.Fargate = []v1alpha1.Placement{{Strategy: []v1alpha1.CapacityProvider{{Provider: "FARGATE_SPOT"}}}}, false
		}, notOnFargate},
		"SSH port in a range": {checkTaskDefinition, func(t *v1alpha1.TaskTemplate, f *Findings) {
			t.SSH.Port = 2222
			f.Definition.Containers["ci-coordinator"] = ecs.Container{TCPPorts: []ecs.PortRange{{First: 2200, Last: 2299}}}
		}, passes(`task definition ci:1 has container "ci-coordinator" with port 2222`)},
		"two VPCs": {checkNetwork, func(_ *v1alpha1.TaskTemplate, f *Findings) {
			f.Subnets["subnet-b"], f.Groups["sg-a"] = "vpc-2", "vpc-2"
		}, fails(v1alpha1.ReasonSeveralVPCs,
			"the subnets and security groups are in different VPCs (vpc-1 has subnet-a; vpc-2 has subnet-b, sg-a): keep those of one VPC in spec.network")},
		"the VPC's default group": {checkNetwork, func(t *v1alpha1.TaskTemplate, f *Findings) {
			t.Network.SecurityGroups, f.Groups = nil, nil
		}, passes("all subnets and security groups exist in vpc-1")},
		"refused by AWS": {checkNetwork, func(_ *v1alpha1.TaskTemplate, f *Findings) {
			f.NetworkErr = &ecs.Error{Reason: v1alpha1.ReasonInvalidParameter, Message: "looking up subnets: no"}
		}, fails(v1alpha1.ReasonInvalidParameter, "looking up subnets: no")},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			template, found := right()
			test.change(template, found)
			if diff := cmp.Diff(test.want, test.check(template, found), cmpopts.IgnoreFields(Outcome{}, "Problems")); diff != "" {
				t.Errorf("outcome differs (-want +got):\n%s", diff)
			}
		})
	}
}
