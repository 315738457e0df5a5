package ecs

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// logPause is the pause between two looks at a stream.
const logPause = time.Second

// LastLines returns the last lines of a log stream, at most limit, the oldest
// first. What a container writes arrives in CloudWatch Logs a moment later: it
// looks until nothing has been added between two looks, or until ctx ends, and
// then returns what there is, which may be nothing. It fails with *Error if AWS
// does not answer or, with the reason AccessDenied, without permission.
func (c *Clients) LastLines(ctx context.Context, loc Location, stream LogStream, limit int32) ([]string, error) {
	logs, err := c.logs(ctx, loc, stream.Region)
	if err != nil {
		return nil, err
	}
	var before []string
	for answered := false; ; answered = true {
		lines, err := lastLines(ctx, logs, stream, limit)
		switch {
		case isAbsent(err): // A stream begins with its first line.
		case err != nil && answered && ctx.Err() != nil:
			return before, nil
		case err != nil:
			return nil, Classify(err, "reading the container's log", loc)
		case len(lines) > 0 && slices.Equal(before, lines):
			return lines, nil
		}
		before = lines
		select {
		case <-time.After(logPause):
		case <-ctx.Done():
			return before, nil
		}
	}
}

// logs returns a client for the Region that a log is in, which may differ from
// its task's.
func (c *Clients) logs(ctx context.Context, loc Location, region string) (logsAPI, error) {
	r, err := c.at(ctx, loc)
	if err != nil {
		return nil, err
	}
	return cloudwatchlogs.NewFromConfig(r.config, func(o *cloudwatchlogs.Options) { o.Region = region }), nil
}

func lastLines(ctx context.Context, logs logsAPI, stream LogStream, limit int32) ([]string, error) {
	out, err := logs.GetLogEvents(ctx, &cloudwatchlogs.GetLogEventsInput{
		LogGroupName:  aws.String(stream.Group),
		LogStreamName: aws.String(stream.Name),
		Limit:         aws.Int32(limit),
		StartFromHead: aws.Bool(false),
	})
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, event := range out.Events {
		if line := strings.TrimSpace(aws.ToString(event.Message)); line != "" {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// isAbsent reports whether the group or the stream does not exist.
func isAbsent(err error) bool {
	var absent *types.ResourceNotFoundException
	return errors.As(err, &absent)
}
