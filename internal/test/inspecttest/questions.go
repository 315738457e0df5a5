package inspecttest

import (
	"context"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
)

// Identity answers with Has.Identity.
func (a *Account) Identity(ctx context.Context, _ ecs.Location) (string, error) {
	return a.Has.Identity, a.answer(ctx, "Identity")
}

// Cluster answers with Has.Cluster.
func (a *Account) Cluster(ctx context.Context, _ ecs.Location) (*inspect.Cluster, error) {
	return a.Has.Cluster, a.answer(ctx, "Cluster")
}

// TaskDefinition answers with Has.Definition.
func (a *Account) TaskDefinition(ctx context.Context, _ ecs.Location, _ string) (ecs.Definition, error) {
	return a.Has.Definition, a.answer(ctx, "TaskDefinition")
}

// VPCsOfSubnets answers with what Has.VPCs has of the ids.
func (a *Account) VPCsOfSubnets(ctx context.Context, _ ecs.Location, ids []string) (map[string]string, error) {
	return known(a.Has.VPCs, ids), a.answer(ctx, "VPCsOfSubnets")
}

// VPCsOfSecurityGroups answers with what Has.VPCs has of the ids.
func (a *Account) VPCsOfSecurityGroups(ctx context.Context, _ ecs.Location, ids []string) (map[string]string, error) {
	return known(a.Has.VPCs, ids), a.answer(ctx, "VPCsOfSecurityGroups")
}

// SourcesOf answers with Has.Sources.
func (a *Account) SourcesOf(ctx context.Context, _ ecs.Location, _ []string, _ int32) ([]inspect.Source, error) {
	return a.Has.Sources, a.answer(ctx, "SourcesOf")
}

// RoutesOf answers with what Has.Routes has of the subnets.
func (a *Account) RoutesOf(ctx context.Context, _ ecs.Location, _ string, subnets []string) (map[string][]inspect.Route, error) {
	found := map[string][]inspect.Route{}
	for _, subnet := range subnets {
		found[subnet] = a.Has.Routes[subnet]
	}
	return found, a.answer(ctx, "RoutesOf")
}

// EndpointsOfVPC answers with Has.Endpoints.
func (a *Account) EndpointsOfVPC(ctx context.Context, _ ecs.Location, _ string) ([]inspect.Endpoint, error) {
	return a.Has.Endpoints, a.answer(ctx, "EndpointsOfVPC")
}

// VCPUsInUse answers with Has.Used.
func (a *Account) VCPUsInUse(ctx context.Context, _ ecs.Location) (map[inspect.VCPUQuota]float64, error) {
	return a.Has.Used, a.answer(ctx, "VCPUsInUse")
}

// Quota answers with Has.Limits.
func (a *Account) Quota(ctx context.Context, _ ecs.Location, quota inspect.VCPUQuota) (float64, error) {
	return a.Has.Limits[quota], a.answer(ctx, "Quota")
}

// LogGroupExists answers with Has.LogGroup.
func (a *Account) LogGroupExists(ctx context.Context, _ ecs.Location, _ ecs.ContainerLog, _ string) (bool, error) {
	return a.Has.LogGroup, a.answer(ctx, "LogGroupExists")
}

// Permissions answers with Has.Denied. It fails as a whole when it is to.
func (a *Account) Permissions(ctx context.Context, _ ecs.Location, public bool) []inspect.Permission {
	if err := a.answer(ctx, "Permissions"); err != nil {
		return []inspect.Permission{{Err: err}}
	}
	actions := []string{"ecs:StopTask", "ecs:DescribeTasks", "ecs:ListTasks"}
	if public {
		actions = append(actions, "ec2:DescribeNetworkInterfaces")
	}
	permissions := make([]inspect.Permission, len(actions))
	for i, action := range actions {
		permissions[i] = inspect.Permission{Action: action, Err: a.Has.Denied[action]}
	}
	return permissions
}

func known(all map[string]string, ids []string) map[string]string {
	found := map[string]string{}
	for _, id := range ids {
		if value, ok := all[id]; ok {
			found[id] = value
		}
	}
	return found
}
