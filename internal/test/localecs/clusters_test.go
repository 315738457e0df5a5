package localecs_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"
)

// strategy uses the given providers, all with weight 1.
func strategy(providers ...string) []types.CapacityProviderStrategyItem {
	var items []types.CapacityProviderStrategyItem
	for _, provider := range providers {
		items = append(items, types.CapacityProviderStrategyItem{CapacityProvider: aws.String(provider), Weight: 1})
	}
	return items
}

func TestClusters_CreateDescribeList(t *testing.T) {
	e := startEmpty(t)
	created, err := e.ecs.CreateCluster(t.Context(), &ecs.CreateClusterInput{
		ClusterName: aws.String("ci"), Tags: manyTags(1), CapacityProviders: []string{"FARGATE"},
	})
	if err != nil {
		t.Fatal(err)
	}
	e.createCluster("ci") // a second time is not an error
	out, err := e.ecs.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{
		Clusters: []string{"ci", "absent"}, Include: []types.ClusterField{types.ClusterFieldTags},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Clusters) != 1 || *out.Clusters[0].Status != "ACTIVE" || len(out.Clusters[0].Tags) != 1 {
		t.Errorf("clusters %+v", out.Clusters)
	}
	if len(out.Failures) != 1 || *out.Failures[0].Reason != "MISSING" ||
		*out.Failures[0].Arn != "arn:aws:ecs:us-east-1:123456789012:cluster/absent" {
		t.Errorf("failures %+v", out.Failures)
	}
	listed, err := e.ecs.ListClusters(t.Context(), &ecs.ListClustersInput{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{*created.Cluster.ClusterArn}, listed.ClusterArns); diff != "" {
		t.Errorf("clusters listed (-want +got):\n%s", diff)
	}
}

func TestClusters_CountTasks(t *testing.T) {
	e := start(t)
	e.await(e.run(), "RUNNING")
	out, err := e.ecs.DescribeClusters(t.Context(), &ecs.DescribeClustersInput{Clusters: []string{"ci"}})
	if err != nil {
		t.Fatal(err)
	}
	if c := out.Clusters[0]; c.RunningTasksCount != 1 || c.PendingTasksCount != 0 {
		t.Errorf("%d running, %d pending tasks", c.RunningTasksCount, c.PendingTasksCount)
	}
}

func TestDescribeCapacityProviders(t *testing.T) {
	e := startEmpty(t)
	out, err := e.ecs.DescribeCapacityProviders(t.Context(), &ecs.DescribeCapacityProvidersInput{
		CapacityProviders: []string{"FARGATE_SPOT", "absent"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.CapacityProviders) != 1 || out.CapacityProviders[0].Status != types.CapacityProviderStatusActive ||
		len(out.Failures) != 1 {
		t.Errorf("providers %+v, failures %+v", out.CapacityProviders, out.Failures)
	}
}

func TestPutClusterCapacityProviders_BadStrategy_IsRefused(t *testing.T) {
	e := start(t)
	for name, tc := range map[string]struct {
		providers []string
		strategy  []types.CapacityProviderStrategyItem
		message   string
	}{
		"unknown provider":        {[]string{"absent"}, strategy(), "not found: absent"},
		"provider not associated": {[]string{"FARGATE"}, strategy("FARGATE_SPOT"), "FARGATE_SPOT is not associated"},
		"two bases": {
			[]string{"FARGATE", "FARGATE_SPOT"},
			[]types.CapacityProviderStrategyItem{
				{CapacityProvider: aws.String("FARGATE"), Base: 1}, {CapacityProvider: aws.String("FARGATE_SPOT"), Base: 1},
			},
			"Only one capacity provider",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := e.ecs.PutClusterCapacityProviders(t.Context(), &ecs.PutClusterCapacityProvidersInput{
				Cluster: aws.String("ci"), CapacityProviders: tc.providers, DefaultCapacityProviderStrategy: append(
					[]types.CapacityProviderStrategyItem{}, tc.strategy...),
			})
			here := *e
			here.T = t
			here.wantError(err, "InvalidParameterException", tc.message)
		})
	}
}

func TestRunTask_UsesTheStrategy(t *testing.T) {
	e := start(t)
	if _, err := e.ecs.PutClusterCapacityProviders(t.Context(), &ecs.PutClusterCapacityProvidersInput{
		Cluster: aws.String("ci"), CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"},
		DefaultCapacityProviderStrategy: strategy("FARGATE_SPOT"),
	}); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		strategy []types.CapacityProviderStrategyItem
		want     map[string]int
	}{
		"the cluster's default": {nil, map[string]int{"FARGATE_SPOT": 8}},
		"its own":               {strategy("FARGATE"), map[string]int{"FARGATE": 8}},
		"base, then by weight": {
			[]types.CapacityProviderStrategyItem{
				{CapacityProvider: aws.String("FARGATE"), Base: 2, Weight: 1},
				{CapacityProvider: aws.String("FARGATE_SPOT"), Weight: 3},
			},
			map[string]int{"FARGATE": 2, "FARGATE_SPOT": 6},
		},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := e.ecs.RunTask(t.Context(), request(func(in *ecs.RunTaskInput) {
				in.LaunchType, in.CapacityProviderStrategy, in.Count = "", tc.strategy, aws.Int32(8)
			}))
			if err != nil {
				t.Fatal(err)
			}
			got := make(map[string]int)
			for _, task := range out.Tasks {
				got[*task.CapacityProviderName]++
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("tasks by provider (-want +got):\n%s", diff)
			}
		})
	}
}
