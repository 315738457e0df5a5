package inspect

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// LogGroupExists reports whether a container's log group exists: it asks for
// the log of a task that does not exist.
func (i *Inspector) LogGroupExists(ctx context.Context, loc ecs.Location, log ecs.ContainerLog, container string) (bool, error) {
	cfg, err := i.clients.Config(ctx, loc)
	if err != nil {
		return false, err
	}
	stream := log.Stream(container, noTask)
	// The log's Region may differ from the task's.
	var api logsAPI = cloudwatchlogs.NewFromConfig(cfg, func(o *cloudwatchlogs.Options) { o.Region = stream.Region })
	_, err = api.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
		LogGroupName:  aws.String(stream.Group),
		LogStreamName: aws.String(stream.Name),
		Limit:         aws.Int32(1),
	})
	var absent *types.ResourceNotFoundException
	if errors.As(err, &absent) {
		return !strings.Contains(absent.ErrorMessage(), "log group does not exist"), nil
	}
	return err == nil, ecs.Classify(err, "reading the container's log", loc)
}
