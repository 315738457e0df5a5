package inspect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// Cluster is what a launch depends on in a cluster.
type Cluster struct {
	// Status is ACTIVE, or one in which a cluster takes no tasks: PROVISIONING,
	// DEPROVISIONING, FAILED or INACTIVE.
	Status string
	// CapacityProviders are the names of those that a strategy may use.
	CapacityProviders []string
	// DefaultStrategy has the names of the capacity providers that serve
	// tasks launched without a launch type and a strategy.
	DefaultStrategy []string
}

// Cluster describes the Location's cluster, or returns nil if it does not
// exist.
func (i *Inspector) Cluster(ctx context.Context, loc ecs.Location) (*Cluster, error) {
	cfg, err := i.clients.Config(ctx, loc)
	if err != nil {
		return nil, err
	}
	var api clustersAPI = awsecs.NewFromConfig(cfg)
	out, err := api.DescribeClusters(ctx, &awsecs.DescribeClustersInput{Clusters: []string{loc.Cluster}})
	switch {
	case err != nil:
		return nil, ecs.Classify(err, "looking up the cluster "+loc.Cluster, loc)
	case len(out.Clusters) > 0:
		found := &out.Clusters[0]
		cluster := &Cluster{Status: aws.ToString(found.Status), CapacityProviders: found.CapacityProviders}
		for _, item := range found.DefaultCapacityProviderStrategy {
			cluster.DefaultStrategy = append(cluster.DefaultStrategy, aws.ToString(item.CapacityProvider))
		}
		return cluster, nil
	case len(out.Failures) > 0 && aws.ToString(out.Failures[0].Reason) != "MISSING":
		message := "looking up the cluster " + loc.Cluster + ": ECS could not describe it: " + aws.ToString(out.Failures[0].Reason)
		return nil, &ecs.Error{Class: ecs.RetrySame, Reason: v1alpha1.ReasonRetrying, Message: message}
	default:
		return nil, nil
	}
}
