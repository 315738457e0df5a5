package executor

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// consoles are the hosts of the AWS console in the partitions that have a
// public one. Source: "Regions and partitions" in the AWS documentation.
var consoles = map[string]string{
	"aws":        "console.aws.amazon.com",
	"aws-cn":     "console.amazonaws.cn",
	"aws-us-gov": "console.amazonaws-us-gov.com",
}

// consolePage returns the URL of a task in the AWS console, which shows its state
// and its containers' logs. It is empty for a task without such a page.
func consolePage(taskARN string) string {
	task, err := arn.Parse(taskARN)
	if err != nil {
		return ""
	}
	host := consoles[task.Partition]
	// task/CLUSTER/ID
	parts := strings.Split(task.Resource, "/")
	if host == "" || len(parts) != 3 {
		return ""
	}
	return fmt.Sprintf("https://%s/ecs/v2/clusters/%s/tasks/%s?region=%s",
		host, url.PathEscape(parts[1]), url.PathEscape(parts[2]), url.QueryEscape(task.Region))
}
