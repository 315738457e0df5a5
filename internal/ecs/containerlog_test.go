package ecs

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

func TestContainerLog_Command_NamesTheTasksStream(t *testing.T) {
	const task = "arn:aws:ecs:eu-central-1:123456789012:task/ci/0123abcd"
	options := map[string]string{"awslogs-group": "/ecs/ci", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "job"}
	for name, test := range map[string]struct {
		configuration *types.LogConfiguration
		want          string
	}{
		"awslogs": {
			&types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: options},
			"aws logs tail /ecs/ci --log-stream-names job/ci-coordinator/0123abcd --region eu-central-1 --since 1d",
		},
		"another driver": {&types.LogConfiguration{LogDriver: types.LogDriverSplunk, Options: options}, ""},
		"no prefix":      {&types.LogConfiguration{LogDriver: types.LogDriverAwslogs, Options: map[string]string{"awslogs-group": "/ecs/ci"}}, ""},
		"no log":         {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := containerLog(test.configuration).Command("ci-coordinator", task); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
