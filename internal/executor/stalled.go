package executor

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// StalledError says that a job has no task, or no longer has one, and that
// waiting will not help.
type StalledError struct {
	// Name is the job's name, for people.
	Name string
	// Job is the job as it was when it stalled.
	Job *v1alpha1.FargateJob
	// Reason is one of the reasons of the API package.
	Reason string
	// Message is why, with what ECS said.
	Message string
}

func (e *StalledError) Error() string {
	said := fmt.Sprintf("%s failed (%s): %s", e.Name, e.Reason, text.OneLine(e.Message))
	if advice := stalledAdvice[e.Reason]; advice != "" {
		said += ": " + advice
	}
	return said
}

// AuthorsFault is true if the job asks for something that it may not have.
// Trying again does not help, and only the job's author can fix it.
func (e *StalledError) AuthorsFault() bool { return e.Reason == v1alpha1.ReasonOverrideRefused }

// stalledAdvice is what to do next, for reasons whose messages are ECS's own. Our
// own messages include it.
var stalledAdvice = map[string]string{
	v1alpha1.ReasonCapacityUnavailable:       "retry the job later, or add subnets in other zones or other capacity",
	v1alpha1.ReasonUserInitiated:             "find out in AWS CloudTrail who stopped the task, then retry the job",
	v1alpha1.ReasonServiceSchedulerInitiated: "retry the job",
	v1alpha1.ReasonSpotInterruption:          "retry the job, or use capacity that is not Spot",
	v1alpha1.ReasonTerminationNotice:         "retry the job",
	v1alpha1.ReasonInfrastructureHealth:      "retry the job",
	v1alpha1.ReasonTaskStopped:               "look at the task in the ECS console, then retry the job",
	v1alpha1.ReasonLaunchDeadlineExceeded:    "make the image smaller, or if there is a FargateTaskClass raise its launchDeadlineSeconds",
	v1alpha1.ReasonActiveDeadlineExceeded:    "raise the job's timeout",
	v1alpha1.ReasonTaskMissing:               "retry the job",
	v1alpha1.ReasonInvalidParameter:          "correct the job's FargateTaskClass, or without Kubernetes fargate.toml",
	v1alpha1.ReasonLaunchRefused:             "correct the job's FargateTaskClass, or without Kubernetes fargate.toml",
}

// stalled returns a *StalledError for a job that is stalled, otherwise nil.
func stalled(name string, job *v1alpha1.FargateJob) error {
	condition := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionStalled)
	if condition == nil || !meta.IsStatusConditionTrue(job.Status.Conditions, v1alpha1.ConditionStalled) {
		return nil
	}
	return &StalledError{
		Name:    name,
		Job:     job,
		Reason:  condition.Reason,
		Message: condition.Message,
	}
}
