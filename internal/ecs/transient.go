package ecs

import (
	"strings"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// FailedTransiently reports whether a task stopped before it ran, with a fault
// that another attempt may not meet. A task that has run must never be launched
// again: what its job did cannot be undone.
func FailedTransiently(task *v1alpha1.TaskStatus) bool {
	if task.StartTime != nil {
		return false
	}
	switch task.StopCode {
	case v1alpha1.ReasonEssentialContainerExited, v1alpha1.ReasonUserInitiated, v1alpha1.ReasonServiceSchedulerInitiated:
		return false
	}
	transient := task.StopCode == v1alpha1.ReasonSpotInterruption || task.StopCode == v1alpha1.ReasonTerminationNotice
	for _, text := range stopTexts(task) {
		cause, known := causeOf(text)
		if known && !cause.transient {
			return false
		}
		transient = transient || known
	}
	return transient
}

// StopFix returns what to do about the end of a task, by the cause that ECS
// names. It is empty if the cause is unknown.
func StopFix(task *v1alpha1.TaskStatus) string {
	fix := ""
	for _, text := range stopTexts(task) {
		cause, known := causeOf(text)
		if known && !cause.transient {
			return cause.fix
		}
		if known {
			fix = cause.fix
		}
	}
	return fix
}

// stopTexts are what ECS says about the end of a task and of its containers.
// Often the container has the cause and the task only the consequence.
func stopTexts(task *v1alpha1.TaskStatus) []string {
	texts := []string{task.StoppedReason}
	for i := range task.Containers {
		texts = append(texts, task.Containers[i].Reason)
	}
	for i, text := range texts {
		texts[i] = strings.TrimSpace(text)
	}
	return texts
}
