package ecs

import (
	"strings"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// transientFaults are parts of stoppedReason that ECS gives for faults that are known
// to pass. Source: "Amazon ECS stopped tasks error messages" in the ECS developer
// guide.
var transientFaults = []string{
	"Timeout waiting for network interface provisioning to complete",
	"Timeout waiting for EphemeralStorage provisioning to complete",
	"Unexpected EC2 error while attempting to Create Network Interface",
	"Capacity is unavailable at this time",
}

// FailedTransiently reports whether a task stopped before it ran, by a fault that
// another attempt may not meet. A task that has run is never to be retried:
// what its job did cannot be undone.
func FailedTransiently(task *v1alpha1.TaskStatus) bool {
	if task.StartTime != nil || task.StopCode == v1alpha1.ReasonEssentialContainerExited || task.StopCode == v1alpha1.ReasonUserInitiated {
		return false
	}
	reason := task.StoppedReason
	for _, fault := range transientFaults {
		if strings.Contains(reason, fault) {
			return true
		}
	}
	if task.StopCode == v1alpha1.ReasonSpotInterruption {
		return true
	}
	return strings.Contains(reason, "CannotPull") && (strings.Contains(reason, "i/o timeout") || strings.HasSuffix(reason, "EOF"))
}
