package ecs

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// Ids of what never exists: AWS makes random ones.
const (
	noTask      = "00000000000000000000000000000000"
	noInterface = "eni-00000000000000000"
)

// Permission is what AWS said when it was asked for something that changes and
// tells nothing.
type Permission struct {
	// Action is IAM's name of it, such as "ecs:StopTask".
	Action string
	// Err is nil if AWS would have done it; else *Error, with the reason
	// AccessDenied for a missing permission, or the context's.
	Err error
}

// Permissions tries the calls that a job makes after its task has been launched,
// on a task that does not exist: AWS checks permissions first. With public it
// also tries the one that finds public addresses. There is no such way to try
// RunTask.
func (c *Clients) Permissions(ctx context.Context, loc Location, public bool) []Permission {
	r, err := c.at(ctx, loc)
	if err != nil {
		return []Permission{{Err: err}}
	}
	cluster := aws.String(loc.Cluster)
	_, describeErr := r.tasks.DescribeTasks(ctx, &ecs.DescribeTasksInput{Cluster: cluster, Tasks: []string{noTask}})
	_, listErr := r.tasks.ListTasks(ctx, &ecs.ListTasksInput{Cluster: cluster, MaxResults: aws.Int32(1)})
	permissions := []Permission{
		{"ecs:StopTask", c.Stop(ctx, loc, noTask, "fargate doctor")},
		{"ecs:DescribeTasks", classify(describeErr, "describing a task", loc)},
		{"ecs:ListTasks", classify(listErr, "listing the cluster's tasks", loc)},
	}
	if public {
		_, err := publicIPs(ctx, r.interfaces, []string{noInterface}, loc)
		permissions = append(permissions, Permission{"ec2:DescribeNetworkInterfaces", err})
	}
	return permissions
}
