package ecs

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// maxReason is how many characters of a reason a FargateJob's status keeps.
const maxReason = 1024

// description is what DescribeTasks says about one task.
type description struct {
	Task        v1alpha1.TaskStatus
	Address     v1alpha1.TaskAddress
	interfaceID string
}

// describe converts a task from the SDK.
func describe(t *types.Task) description {
	d := description{Task: v1alpha1.TaskStatus{
		ARN:              aws.ToString(t.TaskArn),
		LastStatus:       aws.ToString(t.LastStatus),
		DesiredStatus:    aws.ToString(t.DesiredStatus),
		Capacity:         aws.ToString(t.CapacityProviderName),
		AvailabilityZone: aws.ToString(t.AvailabilityZone),
		CreationTime:     seconds(t.CreatedAt),
		PullStartTime:    seconds(t.PullStartedAt),
		PullStopTime:     seconds(t.PullStoppedAt),
		StartTime:        seconds(t.StartedAt),
		StopTime:         seconds(t.StoppedAt),
		StopCode:         string(t.StopCode),
		StoppedReason:    text.Abridge(aws.ToString(t.StoppedReason), maxReason),
	}}
	if d.Task.Capacity == "" {
		d.Task.Capacity = string(t.LaunchType)
	}
	for i := range t.Containers {
		d.addContainer(&t.Containers[i])
	}
	for i := range t.Attachments {
		d.addAttachment(&t.Attachments[i])
	}
	return d
}

func (d *description) addContainer(c *types.Container) {
	d.Task.Containers = append(d.Task.Containers, v1alpha1.ContainerStatus{
		Name:         aws.ToString(c.Name),
		HealthStatus: knownHealth(c.HealthStatus),
		ExitCode:     c.ExitCode,
		Reason:       text.Abridge(aws.ToString(c.Reason), maxReason),
	})
	for _, network := range c.NetworkInterfaces {
		if network.PrivateIpv4Address != nil {
			d.Address.PrivateIP = *network.PrivateIpv4Address
		}
		if network.Ipv6Address != nil {
			d.Address.IPv6 = *network.Ipv6Address
		}
	}
}

// addAttachment reads the elastic network interface, whose details have the
// address before the container does.
func (d *description) addAttachment(a *types.Attachment) {
	if aws.ToString(a.Type) != "ElasticNetworkInterface" {
		return
	}
	for _, detail := range a.Details {
		switch aws.ToString(detail.Name) {
		case "networkInterfaceId":
			d.interfaceID = aws.ToString(detail.Value)
		case "privateIPv4Address":
			d.Address.PrivateIP = aws.ToString(detail.Value)
		}
	}
}

// knownHealth drops UNKNOWN, which ECS reports for every container without a
// health check.
func knownHealth(status types.HealthStatus) string {
	if status == types.HealthStatusUnknown {
		return ""
	}
	return string(status)
}

// seconds has the resolution that an object keeps, so that a described task
// equals the one in the status.
func seconds(t *time.Time) *metav1.Time {
	if t == nil {
		return nil
	}
	s := metav1.NewTime(t.Truncate(time.Second))
	return &s
}
