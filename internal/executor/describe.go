package executor

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// describe returns the state of a job that is not stalled in one line, beginning
// with ECS's own name for the state once there is a task. It is empty while
// there is nothing to say.
func describe(job *v1alpha1.FargateJob) string {
	ready := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return ""
	}
	task := job.Status.Task
	switch {
	case task != nil && ready.Status == metav1.ConditionTrue:
		return strings.TrimSpace("RUNNING"+place(task)) + ": " + ready.Message
	case task != nil && task.LastStatus != "":
		return task.LastStatus + ": " + ready.Message
	case ready.Reason == v1alpha1.ReasonRetrying:
		return fmt.Sprintf("trying again (attempt %d)%s: %s", job.Status.Attempt, retryAt(job), ready.Message)
	default:
		return ready.Message
	}
}

// place says where a task runs, as far as ECS has reported it.
func place(task *v1alpha1.TaskStatus) string {
	var text string
	if task.AvailabilityZone != "" {
		text += " in " + task.AvailabilityZone
	}
	if task.Capacity != "" {
		text += " on " + task.Capacity
	}
	return text
}

func retryAt(job *v1alpha1.FargateJob) string {
	if job.Status.RetryTime == nil {
		return ""
	}
	return " at " + job.Status.RetryTime.UTC().Format("15:04:05 UTC")
}
