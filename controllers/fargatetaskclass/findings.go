package fargatetaskclass

import (
	"context"
	"sync"

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

// look asks AWS everything that the checks need to know, at once: who waits for
// admission waits for the slowest answer only.
func look(ctx context.Context, aws *ecs.Clients, template *v1alpha1.TaskTemplate) *findings {
	loc := ecs.LocationOf(template)
	f := &findings{}
	var questions sync.WaitGroup
	questions.Go(func() { f.cluster, f.clusterErr = aws.InspectCluster(ctx, loc) })
	questions.Go(func() { f.definition, f.definitionErr = aws.InspectTaskDefinition(ctx, loc, template.TaskDefinition) })
	questions.Go(func() {
		f.subnets, f.networkErr = aws.VPCsOfSubnets(ctx, loc, template.Network.Subnets)
		if f.networkErr == nil {
			f.groups, f.networkErr = aws.VPCsOfSecurityGroups(ctx, loc, template.Network.SecurityGroups)
		}
	})
	questions.Wait()
	return f
}
