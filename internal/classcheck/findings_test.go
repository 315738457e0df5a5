package classcheck_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/classcheck"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
	"github.com/fargate-operator/fargate-operator/internal/test/inspecttest"
)

// conditions are those of the outcomes that have a status.
func conditions(outcomes []classcheck.Outcome, status metav1.ConditionStatus) []string {
	var names []string
	for _, o := range outcomes {
		if o.Status == status {
			names = append(names, o.Condition)
		}
	}
	return names
}

func TestLook_EverythingThere_PassesEveryCheckWithACallEach(t *testing.T) {
	t.Parallel()
	aws, template := inspecttest.New(), inspecttest.Template(nil)
	outcomes := classcheck.Judge(template, classcheck.Look(t.Context(), aws, template))
	want := []string{
		v1alpha1.ConditionClusterActive, v1alpha1.ConditionCapacityDefined,
		v1alpha1.ConditionTaskDefinitionUsable, v1alpha1.ConditionNetworkUsable,
	}
	if diff := cmp.Diff(want, conditions(outcomes, metav1.ConditionTrue)); diff != "" {
		t.Errorf("passed checks differ (-want +got):\n%s\n%+v", diff, outcomes)
	}
	for _, question := range []string{"Cluster", "TaskDefinition", "VPCsOfSubnets", "VPCsOfSecurityGroups"} {
		if calls := aws.Calls(question); calls != 1 {
			t.Errorf("%s was asked %d times, want once", question, calls)
		}
	}
}

func TestLook_QuestionFails_LeavesOnlyItsChecksOpen(t *testing.T) {
	t.Parallel()
	for question, open := range map[string][]string{
		"Cluster":              {v1alpha1.ConditionClusterActive, v1alpha1.ConditionCapacityDefined},
		"TaskDefinition":       {v1alpha1.ConditionTaskDefinitionUsable},
		"VPCsOfSubnets":        {v1alpha1.ConditionNetworkUsable},
		"VPCsOfSecurityGroups": {v1alpha1.ConditionNetworkUsable},
	} {
		for reason, err := range map[string]error{
			v1alpha1.ReasonCheckFailed:  inspecttest.Unreachable(),
			v1alpha1.ReasonAccessDenied: inspecttest.Denied("a:B"),
		} {
			t.Run(question+" "+reason, func(t *testing.T) {
				t.Parallel()
				aws, template := inspecttest.New(), inspecttest.Template(nil)
				aws.FailNext(question, 1, err)
				outcomes := classcheck.Judge(template, classcheck.Look(t.Context(), aws, template))
				if diff := cmp.Diff(open, conditions(outcomes, metav1.ConditionUnknown)); diff != "" {
					t.Errorf("open checks differ (-want +got):\n%s", diff)
				}
				first := outcomes[slices.IndexFunc(outcomes, func(o classcheck.Outcome) bool { return o.Condition == open[0] })]
				if first.Reason != reason || first.Message != err.Error() || !errors.Is(first.Unanswered, err) {
					t.Errorf("got %+v, want %s: %v", first, reason, err)
				}
				if failed := conditions(outcomes, metav1.ConditionFalse); len(failed) > 0 {
					t.Errorf("silence is taken for a failure of %v", failed)
				}
			})
		}
	}
}

// waiting answers a question about the cluster only when the other questions
// have been asked.
type waiting struct {
	*inspecttest.Account
	others chan struct{}
}

func (w waiting) Cluster(ctx context.Context, loc ecs.Location) (*inspect.Cluster, error) {
	for range 2 {
		select {
		case <-w.others:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return w.Account.Cluster(ctx, loc)
}

func (w waiting) TaskDefinition(ctx context.Context, loc ecs.Location, name string) (ecs.Definition, error) {
	w.others <- struct{}{}
	return w.Account.TaskDefinition(ctx, loc, name)
}

func (w waiting) VPCsOfSubnets(ctx context.Context, loc ecs.Location, ids []string) (map[string]string, error) {
	w.others <- struct{}{}
	return w.Account.VPCsOfSubnets(ctx, loc, ids)
}

func TestLook_Questions_AreAskedAtOnce(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	found := classcheck.Look(ctx, waiting{inspecttest.New(), make(chan struct{}, 2)}, inspecttest.Template(nil))
	if found.ClusterErr != nil {
		t.Errorf("the question about the cluster holds up the others: %v", found.ClusterErr)
	}
}

func TestJudge_WhatIsWrong_IsToldWithItsFix(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change    func(*inspecttest.Answers)
		condition string
		want      []classcheck.Problem
	}{
		"no cluster": {
			func(a *inspecttest.Answers) { a.Cluster = nil }, v1alpha1.ConditionClusterActive,
			[]classcheck.Problem{{
				Reason:  v1alpha1.ReasonClusterNotFound,
				Message: "cluster ci does not exist in region us-east-1: create it, or correct spec.cluster or spec.region",
			}},
		},
		"no default strategy": {
			func(a *inspecttest.Answers) { a.Cluster.DefaultStrategy = nil }, v1alpha1.ConditionCapacityDefined,
			[]classcheck.Problem{{
				Reason:  v1alpha1.ReasonNoCapacityProvider,
				Message: "cluster ci has no default capacity provider strategy: give it one such as FARGATE, or set spec.capacity",
			}},
		},
		"task definition with every fault": {
			func(a *inspecttest.Answers) {
				a.Definition.Active, a.Definition.NetworkMode = false, "bridge"
				a.Definition.Containers = map[string]ecs.Container{"b": {}, "a": {}}
			}, v1alpha1.ConditionTaskDefinitionUsable,
			[]classcheck.Problem{
				{v1alpha1.ReasonTaskDefinitionNotFound, "task definition ci:1 is deregistered: register it again or name another in spec.taskDefinition"},
				{v1alpha1.ReasonContainerNotFound, `task definition ci:1 has no container "ci-coordinator": rename one of its containers (a, b) or set spec.containerName`},
				{v1alpha1.ReasonNetworkModeNotAwsvpc, "task definition ci:1 has the network mode bridge: register it with awsvpc, or its tasks have no address of their own"},
			},
		},
		"SSH port not mapped": {
			func(a *inspecttest.Answers) {
				a.Definition.Containers = map[string]ecs.Container{"ci-coordinator": {TCPPorts: []ecs.PortRange{{First: 23, Last: 80}}}}
			}, v1alpha1.ConditionTaskDefinitionUsable,
			[]classcheck.Problem{{
				Reason:  v1alpha1.ReasonPortNotMapped,
				Message: `container "ci-coordinator" of task definition ci:1 does not map port 22 over tcp: add the port mapping or correct spec.ssh.port`,
			}},
		},
		"subnet and group missing": {
			func(a *inspecttest.Answers) { a.VPCs = map[string]string{"subnet-a": "vpc-1"} }, v1alpha1.ConditionNetworkUsable,
			[]classcheck.Problem{
				{v1alpha1.ReasonSubnetNotFound, "region us-east-1 does not have the subnet subnet-b: create what is missing or correct spec.network.subnets"},
				{v1alpha1.ReasonSecurityGroupNotFound, "region us-east-1 does not have the security group sg-a: create what is missing or correct spec.network.securityGroups"},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			aws, template := inspecttest.New(), inspecttest.Template(nil)
			test.change(&aws.Has)
			for _, o := range classcheck.Judge(template, classcheck.Look(t.Context(), aws, template)) {
				if o.Condition != test.condition {
					continue
				}
				if diff := cmp.Diff(test.want, o.Problems); diff != "" {
					t.Errorf("problems differ (-want +got):\n%s", diff)
				}
				if o.Status != metav1.ConditionFalse || o.Reason != test.want[0].Reason {
					t.Errorf("status %s, reason %s; want False and the first problem's", o.Status, o.Reason)
				}
			}
		})
	}
}
