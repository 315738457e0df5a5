package ecs

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestContainerLog_Stream_IsTheTasks(t *testing.T) {
	const task = "arn:aws:ecs:eu-central-1:123456789012:task/ci/0123abcd"
	options := map[string]string{"awslogs-group": "/ecs/ci", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "job"}
	for name, test := range map[string]struct {
		configuration *types.LogConfiguration
		want          LogStream
	}{
		"awslogs": {
			&types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: options},
			LogStream{Region: "eu-central-1", Group: "/ecs/ci", Name: "job/ci-coordinator/0123abcd"},
		},
		"another driver": {configuration: &types.LogConfiguration{LogDriver: types.LogDriverSplunk, Options: options}},
		"no prefix":      {configuration: &types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{"awslogs-group": "/ecs/ci"}}},
		"no log":         {},
	} {
		t.Run(name, func(t *testing.T) {
			if got := containerLog(test.configuration).Stream("ci-coordinator", task); got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestLogStream_Command_NamesTheStream(t *testing.T) {
	const want = "aws logs tail /ecs/ci --log-stream-names job/ci-coordinator/0123abcd --region eu-central-1 --since 1d"
	stream := LogStream{Region: "eu-central-1", Group: "/ecs/ci", Name: "job/ci-coordinator/0123abcd"}
	if got := stream.Command(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
