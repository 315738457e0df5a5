package lifecycle

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// assignAddress publishes how to reach the task once it runs.
func (l *Lifecycle) assignAddress(_ context.Context, job *v1alpha1.FargateJob) error {
	task := job.Status.Task
	if task == nil || task.LastStatus != ecs.Running {
		return nil
	}
	seen, ok := l.Observers.Latest(task.ARN)
	if !ok {
		return nil
	}
	template := &job.Status.Resolved.TaskTemplate
	address := seen.Address
	switch template.Network.ConnectVia {
	case v1alpha1.PublicIP:
		address.Host = address.PublicIP
	case v1alpha1.IPv6:
		address.Host = address.IPv6
	default:
		address.Host = address.PrivateIP
	}
	if address.Host == "" {
		l.setCondition(job, v1alpha1.ConditionAddressAssigned, metav1.ConditionFalse, v1alpha1.ReasonAwaitingAddress,
			awaitedAddress(template, seen.AddressErr))
		return nil
	}
	address.Port, address.Username = template.SSH.Port, template.SSH.Username
	job.Status.Address = &address
	l.setCondition(job, v1alpha1.ConditionAddressAssigned, metav1.ConditionTrue, v1alpha1.ReasonAddressAssigned,
		fmt.Sprintf("the task is reached at %s port %d", address.Host, address.Port))
	return nil
}

func awaitedAddress(template *v1alpha1.TaskTemplate, err error) string {
	message := fmt.Sprintf("the task has no %s yet", template.Network.ConnectVia)
	switch {
	case err != nil:
		message += ": " + err.Error()
	case template.Network.ConnectVia == v1alpha1.PublicIP:
		message += ": check that its subnet is a public one"
	case template.Network.ConnectVia == v1alpha1.IPv6:
		message += ": check that its subnet has an IPv6 range and that the account setting dualStackIPv6 is on"
	}
	return message
}
