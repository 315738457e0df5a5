package localecs_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

// logClient is a client of the local CloudWatch Logs.
func (e *env) logClient() *cloudwatchlogs.Client {
	own := e.ecs.Options()
	return cloudwatchlogs.New(cloudwatchlogs.Options{Region: own.Region, BaseEndpoint: own.BaseEndpoint, Credentials: own.Credentials})
}

func TestGetLogEvents_Stream_HasTheLastLinesOfItsContainer(t *testing.T) {
	e := start(t)
	container := shell("main", "echo one; echo two; echo three; sleep 600")
	container.LogConfiguration = &types.LogConfiguration{
		LogDriver: types.LogDriverAwslogs,
		Options:   map[string]string{"awslogs-group": "/ecs/ci", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "job"},
	}
	e.register("job", container)
	arn := e.run()
	id := arn[strings.LastIndexByte(arn, '/')+1:]
	in := &cloudwatchlogs.GetLogEventsInput{
		LogGroupName: aws.String("/ecs/ci"), LogStreamName: aws.String("job/main/" + id), Limit: aws.Int32(2),
	}
	var lines []string
	eventually.Holds(e.T, "the stream has the last line", func() bool {
		lines = nil
		out, err := e.logClient().GetLogEvents(t.Context(), in)
		if err != nil {
			return false
		}
		for _, event := range out.Events {
			lines = append(lines, *event.Message)
		}
		return lines[len(lines)-1] == "three"
	})
	if diff := cmp.Diff([]string{"two", "three"}, lines); diff != "" {
		t.Errorf("lines differ (-want +got):\n%s", diff)
	}
	for _, other := range []string{"job/other/" + id, "job/main/0", "main/" + id} {
		in.LogStreamName = aws.String(other)
		_, err := e.logClient().GetLogEvents(t.Context(), in)
		e.wantError(err, "ResourceNotFoundException", "log stream does not exist")
	}
}

func TestGetLogEvents_ContainerWithoutLogDriver_HasNoStream(t *testing.T) {
	e := start(t)
	e.register("job", shell("main", "echo one; sleep 600"))
	arn := e.run()
	e.logged(arn, "main")
	_, err := e.logClient().GetLogEvents(t.Context(), &cloudwatchlogs.GetLogEventsInput{
		LogGroupName: aws.String(""), LogStreamName: aws.String("/main/" + arn[strings.LastIndexByte(arn, '/')+1:]),
	})
	if err == nil {
		t.Error("the container has a stream")
	}
}
