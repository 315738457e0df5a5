package fargatetaskclass_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

const arnCI = "arn:aws:ecs:us-east-1:123456789012:task-definition/ci:1"

// allPassed are the conditions of a valid class.
func allPassed() map[string]metav1.Condition {
	byType := map[string]metav1.Condition{}
	for _, c := range []metav1.Condition{
		condition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady, "all checks passed"),
		condition(v1alpha1.ConditionClusterActive, metav1.ConditionTrue, v1alpha1.ReasonPassed, "cluster ci is active in region us-east-1"),
		condition(v1alpha1.ConditionCapacityDefined, metav1.ConditionTrue, v1alpha1.ReasonPassed, "the default capacity provider strategy of cluster ci is FARGATE"),
		condition(v1alpha1.ConditionTaskDefinitionUsable, metav1.ConditionTrue, v1alpha1.ReasonPassed, "task definition "+arnCI+` has container "ci-coordinator" with port 22`),
		condition(v1alpha1.ConditionNetworkUsable, metav1.ConditionTrue, v1alpha1.ReasonPassed, "all subnets and security groups exist in vpc-local"),
	} {
		byType[c.Type] = c
	}
	return byType
}

func TestClass_EverythingRight_IsReady(t *testing.T) {
	w := newWorld(t, never)
	class := w.createClass(t, nil)
	w.awaitReady(t, class, metav1.ConditionTrue)
	if diff := cmp.Diff(allPassed(), conditions(class)); diff != "" {
		t.Errorf("conditions differ (-want +got):\n%s", diff)
	}
	event := w.AwaitEvent(t, class, corev1.EventTypeNormal, v1alpha1.ReasonReady)
	if event.Note != "all checks passed" {
		t.Errorf("the event says %q", event.Note)
	}
}

// register registers a task definition and fails the test if ECS does not.
func register(t *testing.T, aws *localecstest.Env, in *awsecs.RegisterTaskDefinitionInput) {
	t.Helper()
	if _, err := aws.Client.RegisterTaskDefinition(t.Context(), in); err != nil {
		t.Fatal(err)
	}
}

func TestClass_SomethingWrong_SaysReasonAndFix(t *testing.T) {
	tests := map[string]struct {
		prepare func(*testing.T, *localecstest.Env)
		change  func(*v1alpha1.FargateTaskClassSpec)
		kind    string
		reason  string
		message string
		// also are the conditions that differ from those of a valid class.
		also []metav1.Condition
	}{
		"no such cluster": {
			change: func(s *v1alpha1.FargateTaskClassSpec) { s.Cluster = "nowhere" },
			kind:   v1alpha1.ConditionClusterActive, reason: v1alpha1.ReasonClusterNotFound,
			message: "cluster nowhere does not exist in region us-east-1: create it, or correct spec.cluster or spec.region",
			also: []metav1.Condition{condition(v1alpha1.ConditionCapacityDefined, metav1.ConditionUnknown, v1alpha1.ReasonClusterNotFound,
				"the capacity of cluster nowhere is checked once ClusterActive is True")},
		},
		"no default strategy": {
			prepare: func(t *testing.T, e *localecstest.Env) {
				t.Helper()
				if _, err := e.Client.CreateCluster(t.Context(), &awsecs.CreateClusterInput{ClusterName: aws.String("bare")}); err != nil {
					t.Fatal(err)
				}
			},
			change: func(s *v1alpha1.FargateTaskClassSpec) { s.Cluster = "bare" },
			kind:   v1alpha1.ConditionCapacityDefined, reason: v1alpha1.ReasonNoCapacityProvider,
			message: "cluster bare has no default capacity provider strategy: give it one such as FARGATE, or set spec.capacity",
			also: []metav1.Condition{condition(v1alpha1.ConditionClusterActive, metav1.ConditionTrue, v1alpha1.ReasonPassed,
				"cluster bare is active in region us-east-1")},
		},
		"capacity provider of another cluster": {
			change: func(s *v1alpha1.FargateTaskClassSpec) {
				s.Capacity = []v1alpha1.Placement{
					{Strategy: []v1alpha1.CapacityProvider{{Provider: "FARGATE_SPOT"}}},
					{Strategy: []v1alpha1.CapacityProvider{{Provider: "GPU"}}},
				}
			},
			kind: v1alpha1.ConditionCapacityDefined, reason: v1alpha1.ReasonCapacityProviderNotInCluster,
			message: "cluster ci does not have the capacity provider GPU: add what is missing to its capacity providers (FARGATE, FARGATE_SPOT) or correct spec.capacity",
		},
		"no such task definition": {
			change: func(s *v1alpha1.FargateTaskClassSpec) { s.TaskDefinition = "nothing" },
			kind:   v1alpha1.ConditionTaskDefinitionUsable, reason: v1alpha1.ReasonTaskDefinitionNotFound,
			message: "looking up the task definition nothing: ClientException: Unable to describe task definition. (register the task definition in this region or correct its name)",
		},
		"task definition deregistered": {
			prepare: func(t *testing.T, e *localecstest.Env) {
				t.Helper()
				if _, err := e.Client.DeregisterTaskDefinition(t.Context(), &awsecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String("ci:1")}); err != nil {
					t.Fatal(err)
				}
			},
			change: func(s *v1alpha1.FargateTaskClassSpec) { s.TaskDefinition = "ci:1" },
			kind:   v1alpha1.ConditionTaskDefinitionUsable, reason: v1alpha1.ReasonTaskDefinitionNotFound,
			message: "task definition " + arnCI + " is deregistered: register it again or name another in spec.taskDefinition",
		},
		"no such container": {
			change: func(s *v1alpha1.FargateTaskClassSpec) { s.ContainerName = "build" },
			kind:   v1alpha1.ConditionTaskDefinitionUsable, reason: v1alpha1.ReasonContainerNotFound,
			message: "task definition " + arnCI + ` has no container "build": rename one of its containers (ci-coordinator) or set spec.containerName`,
		},
		"SSH port not mapped": {
			change: func(s *v1alpha1.FargateTaskClassSpec) { s.SSH.Port = 2222 },
			kind:   v1alpha1.ConditionTaskDefinitionUsable, reason: v1alpha1.ReasonPortNotMapped,
			message: `container "ci-coordinator" of task definition ` + arnCI + " does not map port 2222 over tcp: add the port mapping or correct spec.ssh.port",
		},
		"SSH port mapped over udp": {
			prepare: func(t *testing.T, e *localecstest.Env) {
				t.Helper()
				container := seed.Container(localecstest.Idle, 22)
				container.PortMappings[0].Protocol = types.TransportProtocolUdp
				e.Define(t, "udp", container)
			},
			change: func(s *v1alpha1.FargateTaskClassSpec) { s.TaskDefinition = "udp" },
			kind:   v1alpha1.ConditionTaskDefinitionUsable, reason: v1alpha1.ReasonPortNotMapped,
			message: `container "ci-coordinator" of task definition arn:aws:ecs:us-east-1:123456789012:task-definition/udp:1 does not map port 22 over tcp: add the port mapping or correct spec.ssh.port`,
		},
		"task definition for EC2 in a default network": {
			prepare: func(t *testing.T, e *localecstest.Env) {
				t.Helper()
				register(t, e, &awsecs.RegisterTaskDefinitionInput{
					Family: aws.String("ec2"), ContainerDefinitions: []types.ContainerDefinition{seed.Container(localecstest.Idle, 22)},
				})
			},
			change: func(s *v1alpha1.FargateTaskClassSpec) { s.TaskDefinition = "ec2" },
			kind:   v1alpha1.ConditionTaskDefinitionUsable, reason: v1alpha1.ReasonNetworkModeNotAwsvpc,
			message: "task definition arn:aws:ecs:us-east-1:123456789012:task-definition/ec2:1 has the network mode bridge: register it with awsvpc, or its tasks have no address of their own; " +
				"task definition arn:aws:ecs:us-east-1:123456789012:task-definition/ec2:1 does not run on Fargate: register it with requiresCompatibilities FARGATE, or place tasks elsewhere in spec.capacity",
		},
		"subnets and security group that do not exist": {
			change: func(s *v1alpha1.FargateTaskClassSpec) {
				s.Network.Subnets = []string{"subnet-0", "subnet-local-a", "subnet-1"}
				s.Network.SecurityGroups = []string{"sg-0"}
			},
			kind: v1alpha1.ConditionNetworkUsable, reason: v1alpha1.ReasonSubnetNotFound,
			message: "region us-east-1 does not have the subnets subnet-0, subnet-1: create what is missing or correct spec.network.subnets; " +
				"region us-east-1 does not have the security group sg-0: create what is missing or correct spec.network.securityGroups",
		},
		"security group that does not exist": {
			change: func(s *v1alpha1.FargateTaskClassSpec) { s.Network.SecurityGroups = []string{"sg-local", "sg-0"} },
			kind:   v1alpha1.ConditionNetworkUsable, reason: v1alpha1.ReasonSecurityGroupNotFound,
			message: "region us-east-1 does not have the security group sg-0: create what is missing or correct spec.network.securityGroups",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, never)
			if test.prepare != nil {
				test.prepare(t, w.AWS)
			}
			class := w.createClass(t, test.change)
			w.awaitReady(t, class, metav1.ConditionFalse)
			want := allPassed()
			for _, c := range append(test.also,
				condition(test.kind, metav1.ConditionFalse, test.reason, test.message),
				condition(v1alpha1.ConditionStalled, metav1.ConditionTrue, test.reason, test.message),
				condition(v1alpha1.ConditionReady, metav1.ConditionFalse, test.reason, test.message)) {
				want[c.Type] = c
			}
			if diff := cmp.Diff(want, conditions(class)); diff != "" {
				t.Errorf("conditions differ (-want +got):\n%s", diff)
			}
			event := w.AwaitEvent(t, class, corev1.EventTypeWarning, v1alpha1.ReasonNotReady)
			if event.Note != test.message {
				t.Errorf("the event says %q, want %q", event.Note, test.message)
			}
		})
	}
}

func TestClass_SeveralChecksFail_ReadyTellsOfAll(t *testing.T) {
	w := newWorld(t, never)
	class := w.createClass(t, func(s *v1alpha1.FargateTaskClassSpec) {
		s.ContainerName, s.Network.Subnets = "build", []string{"subnet-0"}
	})
	w.awaitReady(t, class, metav1.ConditionFalse)
	got := conditions(class)
	want := condition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonContainerNotFound,
		got[v1alpha1.ConditionTaskDefinitionUsable].Message+"; "+got[v1alpha1.ConditionNetworkUsable].Message)
	if diff := cmp.Diff(want, got[v1alpha1.ConditionReady]); diff != "" {
		t.Errorf("Ready differs (-want +got):\n%s", diff)
	}
}
