package ecs

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go/middleware"
)

// OwnedTask is a task that runs, or will run, for a job of an installation.
type OwnedTask struct {
	ARN string
	// UID is the job's, and Namespace its namespace, which is empty for a task
	// that was started without Kubernetes.
	UID, Namespace string
	// Installation is the one that started it.
	Installation string
	// Lifetime is how long the task's job may live, by the task's tags. It is zero
	// if they do not say so: the task has no tags once it is stopped, and somebody
	// may have changed them.
	Lifetime time.Duration
	// CreatedAt is when ECS accepted the task, and Age how long ago that was when
	// it was listed. Both are by ECS's clock: this machine's may be wrong.
	CreatedAt time.Time
	Age       time.Duration
}

// ListOwned lists the tasks of an installation in a cluster. It costs one call
// for each hundred tasks of the cluster, and one more. A task that ECS cannot
// describe is left out, and the others are still listed. Errors are *Error or
// the context's.
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
			return nil, Classify(err, "listing the cluster's tasks", loc)
		}
		if owned, err = r.appendOwned(ctx, owned, installation, loc, page.TaskArns); err != nil {
			return nil, Classify(err, "describing the cluster's tasks", loc)
		}
	}
	return owned, nil
}

// appendOwned describes tasks and appends those that are an installation's. One
// task that ECS cannot describe fails the whole call: the batch is halved until
// that task is alone, and left out.
func (r *regional) appendOwned(ctx context.Context, owned []OwnedTask, installation string, loc Location, arns []string) ([]OwnedTask, error) {
	if len(arns) == 0 {
		return owned, nil
	}
	out, err := r.tasks.DescribeTasks(ctx, &ecs.DescribeTasksInput{
		Cluster: aws.String(loc.Cluster), Tasks: arns, Include: []types.TaskField{types.TaskFieldTags},
	})
	if err == nil {
		return appendDescribed(owned, installation, out), nil
	}
	if !hasCode(err, batchCodes) {
		return owned, err
	}
	if len(arns) == 1 {
		return owned, nil
	}
	half := len(arns) / 2
	if owned, err = r.appendOwned(ctx, owned, installation, loc, arns[:half]); err != nil {
		return owned, err
	}
	return r.appendOwned(ctx, owned, installation, loc, arns[half:])
}

// appendDescribed appends those of the described tasks that are an
// installation's.
func appendDescribed(owned []OwnedTask, installation string, described *ecs.DescribeTasksOutput) []OwnedTask {
	now := time.Now().Add(ahead(described.ResultMetadata))
	for i := range described.Tasks {
		task := &described.Tasks[i]
		owner, ok := parseOwner(aws.ToString(task.StartedBy))
		if ok && owner.Installation == installation {
			created := aws.ToTime(task.CreatedAt)
			owned = append(owned, OwnedTask{
				ARN:          aws.ToString(task.TaskArn),
				UID:          owner.UID,
				Installation: owner.Installation,
				Namespace:    tagOf(task, namespaceTag),
				Lifetime:     parseLifetime(tagOf(task, lifetimeTag)),
				CreatedAt:    created,
				Age:          now.Sub(created),
			})
		}
	}
	return owned
}

// ahead is how far ECS's clock is ahead of this machine's, by the date of an
// answer. The date has whole seconds and took time to arrive, so less than half
// a minute counts as nothing.
func ahead(answer middleware.Metadata) time.Duration {
	skew, _ := awsmiddleware.GetAttemptSkew(answer)
	return skew.Round(time.Minute)
}

func tagOf(task *types.Task, key string) string {
	for _, tag := range task.Tags {
		if aws.ToString(tag.Key) == key {
			return aws.ToString(tag.Value)
		}
	}
	return ""
}
