package classcheck

import (
	"context"
	"sync"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
)

// AWS answers what the checks need to know; *inspect.Inspector does it.
type AWS interface {
	Cluster(context.Context, ecs.Location) (*inspect.Cluster, error)
	TaskDefinition(ctx context.Context, loc ecs.Location, name string) (ecs.Definition, error)
	VPCsOfSubnets(ctx context.Context, loc ecs.Location, ids []string) (map[string]string, error)
	VPCsOfSecurityGroups(ctx context.Context, loc ecs.Location, ids []string) (map[string]string, error)
}

// Findings are AWS's answers about a class. Where an error is set, the value
// next to it means nothing.
type Findings struct {
	// Cluster is nil if there is no such cluster.
	Cluster    *inspect.Cluster
	ClusterErr error

	Definition    ecs.Definition
	DefinitionErr error

	// Subnets and Groups have the VPC of each that exists.
	Subnets, Groups map[string]string
	NetworkErr      error
}

// Look asks AWS everything that the checks need to know at the same time:
// admission waits only for the slowest answer.
func Look(ctx context.Context, aws AWS, template *v1alpha1.TaskTemplate) *Findings {
	loc := ecs.LocationOf(template)
	f := &Findings{}
	var questions sync.WaitGroup
	questions.Go(func() { f.Cluster, f.ClusterErr = aws.Cluster(ctx, loc) })
	questions.Go(func() { f.Definition, f.DefinitionErr = aws.TaskDefinition(ctx, loc, template.TaskDefinition) })
	questions.Go(func() {
		f.Subnets, f.NetworkErr = aws.VPCsOfSubnets(ctx, loc, template.Network.Subnets)
		if f.NetworkErr == nil {
			f.Groups, f.NetworkErr = aws.VPCsOfSecurityGroups(ctx, loc, template.Network.SecurityGroups)
		}
	})
	questions.Wait()
	return f
}
