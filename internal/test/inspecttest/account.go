// Package inspecttest answers the questions of package inspect without AWS: with
// what a test says there is, and with failures where it asks for them.
package inspecttest

import (
	"context"
	"net/netip"
	"sync"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
)

// Account is an account of AWS. Its methods are those of inspect.Inspector.
type Account struct {
	// Has is what the answers say. It is set before the first question.
	Has Answers

	mu       sync.Mutex
	calls    map[string]int
	failures map[string][]error
}

// Answers are what there is in an account.
type Answers struct {
	// Identity is the ARN of who asks.
	Identity string
	// Cluster is nil if there is none.
	Cluster    *inspect.Cluster
	Definition ecs.Definition
	// VPCs are those of the subnets and the security groups that exist.
	VPCs map[string]string
	// Sources are whom the security groups admit to any port.
	Sources []inspect.Source
	// Routes are those of subnets.
	Routes map[string][]inspect.Route
	// Endpoints are those of every VPC.
	Endpoints []inspect.Endpoint
	// Limits are the quotas, Used what the cluster's tasks have of them.
	Limits, Used map[inspect.VCPUQuota]float64
	// LogGroup says whether there are the log groups of containers.
	LogGroup bool
	// Denied are the errors of permissions by their action.
	Denied map[string]error
}

// New returns an account that has all that tasks of Template need.
func New() *Account {
	return &Account{Has: Answers{
		Identity: "arn:aws:sts::123456789012:assumed-role/runner/session",
		Cluster:  &inspect.Cluster{Status: "ACTIVE", CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"}, DefaultStrategy: []string{"FARGATE"}},
		Definition: ecs.Definition{
			ARN: "ci:1", Active: true, NetworkMode: "awsvpc", Fargate: true, CPU: 256, Memory: 512,
			Containers: map[string]ecs.Container{v1alpha1.DefaultContainerName: {Image: "alpine", Essential: true, TCPPorts: []ecs.PortRange{{First: 22, Last: 22}}}},
		},
		VPCs:     map[string]string{"subnet-a": "vpc-1", "subnet-b": "vpc-1", "sg-a": "vpc-1"},
		Sources:  []inspect.Source{{CIDR: "127.0.0.0/8"}}, // this machine
		Routes:   map[string][]inspect.Route{"subnet-a": {Route("0.0.0.0/0", "igw-1")}, "subnet-b": {Route("0.0.0.0/0", "igw-1")}},
		Limits:   map[inspect.VCPUQuota]float64{inspect.OnDemandVCPUs: 10, inspect.SpotVCPUs: 10},
		LogGroup: true,
	}}
}

// Route is a route to a target. It panics if it is not to a range of addresses.
func Route(to, target string) inspect.Route {
	return inspect.Route{To: netip.MustParsePrefix(to), Target: target}
}

// Template describes tasks that have all that they need in New, but for a
// change.
func Template(change func(*v1alpha1.TaskTemplate)) *v1alpha1.TaskTemplate {
	t := &v1alpha1.TaskTemplate{
		Region: "us-east-1", Cluster: "ci", TaskDefinition: "ci", ContainerName: v1alpha1.DefaultContainerName,
		Network: v1alpha1.Network{
			Subnets: []string{"subnet-a", "subnet-b"}, SecurityGroups: []string{"sg-a"},
			AssignPublicIP: v1alpha1.Enabled, ConnectVia: v1alpha1.PrivateIP,
		},
		SSH: v1alpha1.SSHServer{Username: "root", Port: 22},
	}
	if change != nil {
		change(t)
	}
	return t
}

// FailNext makes the next calls of a method fail.
func (a *Account) FailNext(method string, times int, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failures == nil {
		a.failures = map[string][]error{}
	}
	for range times {
		a.failures[method] = append(a.failures[method], err)
	}
}

// Calls is how often a method was called.
func (a *Account) Calls(method string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls[method]
}

// answer counts a call and returns what it is to fail with.
func (a *Account) answer(ctx context.Context, method string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.calls == nil {
		a.calls = map[string]int{}
	}
	a.calls[method]++
	if failures := a.failures[method]; len(failures) > 0 {
		a.failures[method] = failures[1:]
		return failures[0]
	}
	return ctx.Err()
}

// Denied is the error for a missing permission.
func Denied(action string) error {
	return &ecs.Error{Reason: v1alpha1.ReasonAccessDenied, Message: "AWS refuses: give the identity in use the permission " + action + ", see docs/aws-permissions.md"}
}

// Unreachable is the error for an AWS that does not answer.
func Unreachable() error {
	return &ecs.Error{Class: ecs.RetrySame, Reason: v1alpha1.ReasonRetrying, Message: "AWS could not be reached: EOF"}
}
