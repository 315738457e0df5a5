package localecs

import (
	"maps"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

const reasonMissing = "MISSING"

var clusterNamePattern = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,255}$`)

// cluster is a cluster and everything in it. The server's mutex guards it.
type cluster struct {
	name      string
	arn       string
	providers []string
	strategy  []types.CapacityProviderStrategyItem
	tags      []types.Tag
	tasks     map[string]*task
	launches  map[string]*launch
}

func (s *Server) createCluster(in *ecs.CreateClusterInput) (*ecs.CreateClusterOutput, error) {
	name := defaultCluster
	if in.ClusterName != nil {
		name = *in.ClusterName
	}
	if !clusterNamePattern.MatchString(name) {
		return nil, invalidParameter("Invalid cluster name: %q.", name)
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if err := checkProviders(in.CapacityProviders, in.DefaultCapacityProviderStrategy); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, exists := s.clusters[name]
	if !exists {
		c = &cluster{
			name:      name,
			arn:       s.arn("cluster/" + name),
			providers: in.CapacityProviders,
			strategy:  in.DefaultCapacityProviderStrategy,
			tags:      in.Tags,
			tasks:     make(map[string]*task),
			launches:  make(map[string]*launch),
		}
		s.clusters[name] = c
	}
	view := c.view(true)
	return &ecs.CreateClusterOutput{Cluster: &view}, nil
}

func (s *Server) describeClusters(in *ecs.DescribeClustersInput) (*ecs.DescribeClustersOutput, error) {
	references := in.Clusters
	if len(references) == 0 {
		references = []string{defaultCluster}
	}
	if len(references) > maxPage {
		return nil, invalidParameter("clusters can have at most %d items.", maxPage)
	}
	withTags := slices.Contains(in.Include, types.ClusterFieldTags)
	out := &ecs.DescribeClustersOutput{Clusters: []types.Cluster{}, Failures: []types.Failure{}}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, reference := range references {
		if c, err := s.findCluster(&reference); err == nil {
			out.Clusters = append(out.Clusters, c.view(withTags))
			continue
		}
		arn := reference
		if name, ok := s.clusterName(&reference); ok {
			arn = s.arn("cluster/" + name)
		}
		out.Failures = append(out.Failures, types.Failure{Arn: &arn, Reason: aws.String(reasonMissing)})
	}
	return out, nil
}

func (s *Server) listClusters(in *ecs.ListClustersInput) (*ecs.ListClustersOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var arns []string
	for _, name := range slices.Sorted(maps.Keys(s.clusters)) {
		arns = append(arns, s.clusters[name].arn)
	}
	arns, next, err := page(arns, in.MaxResults, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &ecs.ListClustersOutput{ClusterArns: notNil(arns), NextToken: next}, nil
}

// findCluster resolves a cluster's name or ARN. The caller holds the mutex.
func (s *Server) findCluster(reference *string) (*cluster, error) {
	name, ok := s.clusterName(reference)
	if !ok {
		return nil, clusterNotFound()
	}
	c, ok := s.clusters[name]
	if !ok {
		return nil, clusterNotFound()
	}
	return c, nil
}

// view returns the cluster as the API shows it. The caller holds the mutex.
func (c *cluster) view(withTags bool) types.Cluster {
	view := types.Cluster{
		ClusterName:                     aws.String(c.name),
		ClusterArn:                      aws.String(c.arn),
		Status:                          aws.String("ACTIVE"),
		CapacityProviders:               notNil(slices.Clone(c.providers)),
		DefaultCapacityProviderStrategy: notNil(slices.Clone(c.strategy)),
		Settings:                        []types.ClusterSetting{},
		Statistics:                      []types.KeyValuePair{},
		Tags:                            []types.Tag{},
	}
	if withTags {
		view.Tags = notNil(slices.Clone(c.tags))
	}
	for _, t := range c.tasks {
		switch t.status {
		case statusRunning:
			view.RunningTasksCount++
		case statusProvisioning, statusPending:
			view.PendingTasksCount++
		}
	}
	return view
}

// notNil turns a nil list into an empty one: ECS answers with [] instead of
// leaving the list out.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
