package localecs

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const (
	providerFargate     = "FARGATE"
	providerFargateSpot = "FARGATE_SPOT"
)

var fargateProviders = []string{providerFargate, providerFargateSpot}

// maxStrategyItems is the quota "capacity providers in a strategy".
const maxStrategyItems = 20

func (s *Server) putClusterCapacityProviders(
	in *ecs.PutClusterCapacityProvidersInput,
) (*ecs.PutClusterCapacityProvidersOutput, error) {
	if err := checkProviders(in.CapacityProviders, in.DefaultCapacityProviderStrategy); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.findCluster(in.Cluster)
	if err != nil {
		return nil, err
	}
	c.providers, c.strategy = in.CapacityProviders, in.DefaultCapacityProviderStrategy
	view := c.view(true)
	return &ecs.PutClusterCapacityProvidersOutput{Cluster: &view}, nil
}

func (s *Server) describeCapacityProviders(
	in *ecs.DescribeCapacityProvidersInput,
) (*ecs.DescribeCapacityProvidersOutput, error) {
	names := in.CapacityProviders
	if len(names) == 0 {
		names = fargateProviders
	}
	out := &ecs.DescribeCapacityProvidersOutput{
		CapacityProviders: []types.CapacityProvider{}, Failures: []types.Failure{},
	}
	for _, name := range names {
		arn := s.arn("capacity-provider/" + name)
		if !slices.Contains(fargateProviders, name) {
			out.Failures = append(out.Failures, types.Failure{Arn: &arn, Reason: aws.String(reasonMissing)})
			continue
		}
		out.CapacityProviders = append(out.CapacityProviders, types.CapacityProvider{
			CapacityProviderArn: &arn,
			Name:                aws.String(name),
			Status:              types.CapacityProviderStatusActive,
		})
	}
	return out, nil
}

// checkProviders checks a cluster's providers and the strategy over them.
func checkProviders(providers []string, strategy []types.CapacityProviderStrategyItem) error {
	for _, provider := range providers {
		if !slices.Contains(fargateProviders, provider) {
			return invalidParameter("The specified capacity provider was not found: %s.", provider)
		}
	}
	return checkStrategy(strategy, providers)
}

// checkStrategy checks a strategy that may use the given providers.
func checkStrategy(strategy []types.CapacityProviderStrategyItem, providers []string) error {
	if len(strategy) == 0 {
		return nil
	}
	if len(strategy) > maxStrategyItems {
		return invalidParameter("A capacity provider strategy can have at most %d items.", maxStrategyItems)
	}
	var weights, bases int32
	for _, item := range strategy {
		if !slices.Contains(providers, aws.ToString(item.CapacityProvider)) {
			return invalidParameter("The specified capacity provider %s is not associated with the cluster.",
				aws.ToString(item.CapacityProvider))
		}
		weights += item.Weight
		if item.Base > 0 {
			bases++
		}
	}
	switch {
	case bases > 1:
		return invalidParameter("Only one capacity provider in a strategy can have a base.")
	case weights == 0 && len(strategy) > 1 && bases == 0:
		return invalidParameter("At least one capacity provider in a strategy must have a weight greater than zero.")
	}
	return nil
}

// placement is where the tasks of one RunTask call go: a launch type, or a
// provider for each task.
type placement struct {
	launchType types.LaunchType
	providers  []string
}

// place decides where count tasks go. With neither a launch type nor a strategy
// nor a cluster default, ECS looks for container instances, and Fargate has none.
func (c *cluster) place(in *ecs.RunTaskInput, count int) (placement, error) {
	strategy := in.CapacityProviderStrategy
	if in.LaunchType == "" && len(strategy) == 0 {
		strategy = c.strategy
	}
	switch {
	case in.LaunchType == types.LaunchTypeFargate:
		return placement{launchType: types.LaunchTypeFargate}, nil
	case len(strategy) == 0:
		return placement{}, invalidParameter("No Container Instances were found in your cluster.")
	}
	if err := checkStrategy(strategy, c.providers); err != nil {
		return placement{}, err
	}
	return placement{providers: spread(strategy, count)}, nil
}

// spread gives every task a provider: the base first, then the provider that has
// the fewest tasks for its weight.
func spread(strategy []types.CapacityProviderStrategyItem, count int) []string {
	given := make([]int32, len(strategy))
	chosen := make([]string, 0, count)
	for range count {
		best := 0
		for i, item := range strategy {
			if given[i] < item.Base {
				best = i
				break
			}
			// One more task here must weigh less than one more at the best so far.
			if item.Weight > 0 && (given[i]+1)*strategy[best].Weight < (given[best]+1)*item.Weight {
				best = i
			}
		}
		given[best]++
		chosen = append(chosen, aws.ToString(strategy[best].CapacityProvider))
	}
	return chosen
}
