package ecs

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// maxStopReason is how many characters StopTask accepts as a reason. Source:
// reason of StopTask in older editions of the ECS API reference; the current
// one gives no number.
const maxStopReason = 255

// Stop asks ECS to stop a task and returns once ECS has accepted it. A task or
// a cluster that is gone needs no stop. The reason is shown with the stopped
// task. Errors are *Error or the context's.
func (c *Clients) Stop(ctx context.Context, loc Location, arn, reason string) error {
	r, err := c.at(ctx, loc)
	if err != nil {
		return err
	}
	leave, err := c.stops.Enter(ctx, loc)
	if err != nil {
		return Classify(err, "stopping the task "+arn, loc)
	}
	defer leave()
	_, err = r.tasks.StopTask(ctx, &ecs.StopTaskInput{
		Cluster: aws.String(loc.Cluster),
		Task:    aws.String(arn),
		Reason:  aws.String(text.Abridge(reason, maxStopReason)),
	})
	if isGone(err) {
		return nil
	}
	return Classify(err, "stopping the task "+arn, loc)
}

func isGone(err error) bool {
	var cluster *types.ClusterNotFoundException
	var parameter *types.InvalidParameterException
	return errors.As(err, &cluster) ||
		errors.As(err, &parameter) && strings.Contains(parameter.ErrorMessage(), "task was not found")
}

// FindByOwner lists the tasks of a job that run or will run. A controller that
// died between RunTask and recording its result needs it. ECS may show a task
// here a few seconds late. Errors are *Error or the context's.
func (c *Clients) FindByOwner(ctx context.Context, loc Location, owner Owner) ([]string, error) {
	r, err := c.at(ctx, loc)
	if err != nil {
		return nil, err
	}
	leave, err := c.searches.Enter(ctx, loc)
	if err != nil {
		return nil, Classify(err, "listing the job's tasks", loc)
	}
	defer leave()
	var arns []string
	pages := ecs.NewListTasksPaginator(r.tasks, &ecs.ListTasksInput{
		Cluster:   aws.String(loc.Cluster),
		StartedBy: aws.String(owner.startedBy()),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			err = Classify(err, "listing the job's tasks", loc)
			var e *Error
			if errors.As(err, &e) && e.Reason == v1alpha1.ReasonClusterNotFound {
				return nil, nil
			}
			return nil, err
		}
		arns = append(arns, page.TaskArns...)
	}
	return arns, nil
}
