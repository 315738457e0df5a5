package inspect

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// VCPUQuota is the code of a quota on the vCPUs that Fargate tasks of an account
// may have in a Region. Source: "AWS Fargate service quotas" in the ECS
// developer guide.
type VCPUQuota string

// The quotas of the two kinds of capacity.
const (
	OnDemandVCPUs VCPUQuota = "L-3032A538"
	SpotVCPUs     VCPUQuota = "L-36FBB829"
)

// unitsPerVCPU is how many CPU units make a vCPU.
const unitsPerVCPU = 1024

// Quota returns a quota, in vCPUs.
func (i *Inspector) Quota(ctx context.Context, loc ecs.Location, quota VCPUQuota) (float64, error) {
	cfg, err := i.clients.Config(ctx, loc)
	if err != nil {
		return 0, err
	}
	var api quotasAPI = servicequotas.NewFromConfig(cfg)
	out, err := api.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{
		ServiceCode: aws.String("fargate"), QuotaCode: aws.String(string(quota)),
	})
	if err != nil {
		return 0, ecs.Classify(err, "looking up the quota "+string(quota), loc)
	}
	return aws.ToFloat64(out.Quota.Value), nil
}

// VCPUsInUse returns how many vCPUs the tasks of the Location's cluster count
// against each quota. Other clusters of the account also count, but are not
// included.
func (i *Inspector) VCPUsInUse(ctx context.Context, loc ecs.Location) (map[VCPUQuota]float64, error) {
	cfg, err := i.clients.Config(ctx, loc)
	if err != nil {
		return nil, err
	}
	var api tasksAPI = awsecs.NewFromConfig(cfg)
	used := map[VCPUQuota]float64{}
	pages := awsecs.NewListTasksPaginator(api, &awsecs.ListTasksInput{Cluster: aws.String(loc.Cluster)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, ecs.Classify(err, "listing the cluster's tasks", loc)
		}
		if len(page.TaskArns) == 0 {
			continue
		}
		out, err := api.DescribeTasks(ctx, &awsecs.DescribeTasksInput{Cluster: aws.String(loc.Cluster), Tasks: page.TaskArns})
		if err != nil {
			return nil, ecs.Classify(err, "describing the cluster's tasks", loc)
		}
		addUse(used, out.Tasks)
	}
	return used, nil
}

func addUse(used map[VCPUQuota]float64, tasks []types.Task) {
	for i := range tasks {
		units, err := strconv.ParseFloat(aws.ToString(tasks[i].Cpu), 64)
		if err != nil || tasks[i].LaunchType != types.LaunchTypeFargate {
			continue
		}
		quota := OnDemandVCPUs
		if aws.ToString(tasks[i].CapacityProviderName) == "FARGATE_SPOT" {
			quota = SpotVCPUs
		}
		used[quota] += units / unitsPerVCPU
	}
}
