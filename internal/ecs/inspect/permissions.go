package inspect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	awsecs "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// Ids that never exist: AWS generates random ones.
const (
	noTask      = "00000000000000000000000000000000"
	noInterface = "eni-00000000000000000"
)

// Permission is what AWS answered to a call that changes nothing and reveals
// nothing.
type Permission struct {
	// Action is its name in IAM, such as "ecs:StopTask".
	Action string
	// Err is nil if AWS would have done it; else *ecs.Error, with the reason
	// AccessDenied for a missing permission, or the context's.
	Err error
}

// Permissions tries the calls that a job makes after its task has been
// launched, on a task that does not exist: AWS checks permissions first. With
// public it also tries the one that finds public addresses. RunTask cannot be
// tried this way.
func (i *Inspector) Permissions(ctx context.Context, loc ecs.Location, public bool) []Permission {
	cfg, err := i.clients.Config(ctx, loc)
	if err != nil {
		return []Permission{{Err: err}}
	}
	var tasks tasksAPI = awsecs.NewFromConfig(cfg)
	cluster := aws.String(loc.Cluster)
	_, describeErr := tasks.DescribeTasks(ctx, &awsecs.DescribeTasksInput{Cluster: cluster, Tasks: []string{noTask}})
	_, listErr := tasks.ListTasks(ctx, &awsecs.ListTasksInput{Cluster: cluster, MaxResults: aws.Int32(1)})
	permissions := []Permission{
		{"ecs:StopTask", i.clients.Stop(ctx, loc, noTask, "fargate doctor")},
		{"ecs:DescribeTasks", ecs.Classify(describeErr, "describing a task", loc)},
		{"ecs:ListTasks", ecs.Classify(listErr, "listing the cluster's tasks", loc)},
	}
	if public {
		err := tryInterfaces(ctx, ec2.NewFromConfig(cfg))
		permissions = append(permissions, Permission{"ec2:DescribeNetworkInterfaces", ecs.Classify(err, "describing network interfaces", loc)})
	}
	return permissions
}

func tryInterfaces(ctx context.Context, api interfacesAPI) error {
	_, err := api.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{noInterface}})
	if isUnknownID(err) {
		return nil
	}
	return err
}
