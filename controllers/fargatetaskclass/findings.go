package fargatetaskclass

import (
	"context"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// findings are AWS's answers about a class. Where an error is set, the value
// beside it says nothing.
type findings struct {
	// cluster is nil if there is no such cluster.
	cluster    *ecs.Cluster
	clusterErr error

	definition    ecs.Definition
	definitionErr error

	// subnets and groups have the VPC of each that exists.
	subnets, groups map[string]string
	networkErr      error
}

// look asks AWS everything that the checks need to know.
func (r *Reconciler) look(ctx context.Context, template *v1alpha1.TaskTemplate) *findings {
	loc := ecs.LocationOf(template)
	f := &findings{}
	f.cluster, f.clusterErr = r.ECS.InspectCluster(ctx, loc)
	f.definition, f.definitionErr = r.ECS.InspectTaskDefinition(ctx, loc, template.TaskDefinition)
	f.subnets, f.networkErr = r.ECS.VPCsOfSubnets(ctx, loc, template.Network.Subnets)
	if f.networkErr == nil {
		f.groups, f.networkErr = r.ECS.VPCsOfSecurityGroups(ctx, loc, template.Network.SecurityGroups)
	}
	return f
}
