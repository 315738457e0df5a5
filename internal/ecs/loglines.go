package ecs

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// logPause lies between two looks at a stream that is still empty.
const logPause = time.Second

// LastLines returns the last lines of a log stream, at most limit, the oldest
// first. What a container writes arrives in CloudWatch Logs a moment later:
// while there is nothing it looks again until ctx ends, and then returns
// nothing. It fails with *Error, with the reason AccessDenied without
// permission.
func (c *Clients) LastLines(ctx context.Context, loc Location, stream LogStream, limit int32) ([]string, error) {
	logs, err := c.logs(ctx, loc, stream.Region)
	if err != nil {
		return nil, err
	}
	for {
		lines, err := lastLines(ctx, logs, loc, stream, limit)
		if err != nil || len(lines) > 0 {
			return lines, err
		}
		select {
		case <-time.After(logPause):
		case <-ctx.Done():
			return nil, nil
		}
	}
}

// MayReadLog fails with *Error if a container's log may not be read: it asks for
// that of a task that does not exist.
func (c *Clients) MayReadLog(ctx context.Context, loc Location, log ContainerLog, container string) error {
	stream := log.Stream(container, noTask)
	if stream == (LogStream{}) {
		return nil
	}
	logs, err := c.logs(ctx, loc, stream.Region)
	if err != nil {
		return err
	}
	_, err = lastLines(ctx, logs, loc, stream, 1)
	return err
}

// logs returns a client for the Region that a log is in, which need not be its
// task's.
func (c *Clients) logs(ctx context.Context, loc Location, region string) (logsAPI, error) {
	r, err := c.at(ctx, loc)
	if err != nil {
		return nil, err
	}
	return cloudwatchlogs.NewFromConfig(r.config, func(o *cloudwatchlogs.Options) { o.Region = region }), nil
}

func lastLines(ctx context.Context, logs logsAPI, loc Location, stream LogStream, limit int32) ([]string, error) {
	out, err := logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
		LogGroupName:  aws.String(stream.Group),
		LogStreamName: aws.String(stream.Name),
		Limit:         aws.Int32(limit),
		StartFromHead: aws.Bool(false),
	})
	var absent *types.ResourceNotFoundException // A stream begins with its first line.
	switch {
	case errors.As(err, &absent), ctx.Err() != nil:
		return nil, nil
	case err != nil:
		return nil, classify(err, "reading the container's log", loc)
	}
	var lines []string
	for _, event := range out.Events {
		if line := strings.TrimSpace(aws.ToString(event.Message)); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}
