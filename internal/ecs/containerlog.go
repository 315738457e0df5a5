package ecs

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// ContainerLog is where a container's output goes in CloudWatch Logs. It is
// empty for containers with another log driver, or with none.
type ContainerLog struct {
	Group, Region, StreamPrefix string
	// CreatesGroup says that ECS creates the group if it does not exist.
	CreatesGroup bool
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
		CreatesGroup: c.Options["awslogs-create-group"] == "true",
	}
}

// Stream is where the output of one task's container goes. It is zero if that
// is not known.
func (l ContainerLog) Stream(container, taskARN string) LogStream {
	if l.Group == "" || l.Region == "" || l.StreamPrefix == "" {
		return LogStream{}
	}
	id := taskARN[strings.LastIndexByte(taskARN, '/')+1:]
	return LogStream{Region: l.Region, Group: l.Group, Name: l.StreamPrefix + "/" + container + "/" + id}
}

// LogStream is the output of one container in CloudWatch Logs.
type LogStream struct {
	Region, Group, Name string
}

// Command returns the AWS CLI command that prints the stream.
func (s LogStream) Command() string {
	return fmt.Sprintf("aws logs tail %s --log-stream-names %s --region %s --since 1d", s.Group, s.Name, s.Region)
}
