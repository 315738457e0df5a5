package ecs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// ContainerLog is where a container's output goes in CloudWatch Logs. It is
// empty for containers with another log driver or none.
type ContainerLog struct {
	Group, Region, StreamPrefix string
}

// containerLog reads the options of the awslogs driver. Source: "Send Amazon
// ECS logs to CloudWatch" in the ECS developer guide.
func containerLog(c *types.LogConfiguration) ContainerLog {
	if c == nil || c.LogDriver != types.LogDriverAwslogs {
		return ContainerLog{}
	}
	return ContainerLog{
		Group:        c.Options["awslogs-group"],
		Region:       c.Options["awslogs-region"],
		StreamPrefix: c.Options["awslogs-stream-prefix"],
	}
}

// Command is the AWS CLI's that prints what the container of a task has
// written. It is empty if that cannot be told.
func (l ContainerLog) Command(container, taskARN string) string {
	if l.Group == "" || l.Region == "" || l.StreamPrefix == "" {
		return ""
	}
	id := taskARN[strings.LastIndexByte(taskARN, '/')+1:]
	return fmt.Sprintf("aws logs tail %s --log-stream-names %s/%s/%s --region %s --since 1d", l.Group, l.StreamPrefix, container, id, l.Region)
}
