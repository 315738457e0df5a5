package ecs

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// OwnedTask is a task that runs or is to run for a job of an installation.
type OwnedTask struct {
	ARN string
	// UID is the job's, and Namespace its namespace. That is empty for a task that
	// was started without Kubernetes.
	UID, Namespace string
	// CreatedAt is when ECS accepted the task.
	CreatedAt time.Time
}

// ListOwned lists the tasks of an installation in a cluster. It costs one call
// for each hundred tasks of the cluster, and one more. Errors are *Error or the
// context's.
func (c *Clients) ListOwned(ctx context.Context, loc Location, installation string) ([]OwnedTask, error) {
	r, err := c.at(ctx, loc)
	if err != nil {
		return nil, err
	}
	var owned []OwnedTask
	pages := ecs.NewListTasksPaginator(r.tasks, &ecs.ListTasksInput{Cluster: aws.String(loc.Cluster)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, classify(err, "listing the cluster's tasks", loc)
		}
		if len(page.TaskArns) == 0 {
			continue
		}
		out, err := r.tasks.DescribeTasks(ctx, &ecs.DescribeTasksInput{
			Cluster: aws.String(loc.Cluster), Tasks: page.TaskArns, Include: []types.TaskField{types.TaskFieldTags},
		})
		if err != nil {
			return nil, classify(err, "describing the cluster's tasks", loc)
		}
		owned = appendOwned(owned, installation, out.Tasks)
	}
	return owned, nil
}

// appendOwned appends those of the tasks that are an installation's.
func appendOwned(owned []OwnedTask, installation string, tasks []types.Task) []OwnedTask {
	for i := range tasks {
		owner, ok := parseOwner(aws.ToString(tasks[i].StartedBy))
		if ok && owner.Installation == installation {
			owned = append(owned, OwnedTask{
				ARN:       aws.ToString(tasks[i].TaskArn),
				UID:       owner.UID,
				Namespace: tagOf(&tasks[i], namespaceTag),
				CreatedAt: aws.ToTime(tasks[i].CreatedAt),
			})
		}
	}
	return owned
}

func tagOf(task *types.Task, key string) string {
	for _, tag := range task.Tags {
		if aws.ToString(tag.Key) == key {
			return aws.ToString(tag.Value)
		}
	}
	return ""
}
