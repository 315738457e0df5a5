package lifecycle

import (
	"errors"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// maxMessage is how many bytes of a message a condition takes. Source:
// Condition in k8s.io/apimachinery.
const maxMessage = 32768

const notLaunched = "the task has not been launched yet"

// summarize derives Ready, Reconciling and Stalled from the other conditions,
// the task's state and how the steps ended.
func (l *Lifecycle) summarize(job *v1alpha1.FargateJob, err error) {
	job.Status.ObservedGeneration = job.Generation
	for _, kind := range []string{v1alpha1.ConditionLaunched, v1alpha1.ConditionAddressAssigned} {
		if meta.FindStatusCondition(job.Status.Conditions, kind) == nil {
			setCondition(job, kind, metav1.ConditionUnknown, v1alpha1.ReasonAccepted, notLaunched)
		}
	}
	switch task := job.Status.Task; {
	case task == nil:
		setCondition(job, v1alpha1.ConditionStopped, metav1.ConditionUnknown, v1alpha1.ReasonAccepted, notLaunched)
	case task.LastStatus != "STOPPED":
		setCondition(job, v1alpha1.ConditionStopped, metav1.ConditionFalse, v1alpha1.ReasonRunning, "the task has not stopped")
	}
	if IsStalled(job) {
		return
	}
	var stall *stalling
	if errors.As(err, &stall) {
		setCondition(job, v1alpha1.ConditionStalled, metav1.ConditionTrue, stall.reason, stall.message)
		setCondition(job, v1alpha1.ConditionReady, metav1.ConditionFalse, stall.reason, stall.message)
		meta.RemoveStatusCondition(&job.Status.Conditions, v1alpha1.ConditionReconciling)
		return
	}
	status, reason, message := readiness(job)
	if err != nil && !errors.Is(err, errRecorded) && status != metav1.ConditionTrue {
		message = err.Error()
	}
	setCondition(job, v1alpha1.ConditionReady, status, reason, message)
	if status == metav1.ConditionTrue {
		if job.Status.ReadyTime == nil {
			job.Status.ReadyTime = &metav1.Time{Time: l.now()}
		}
		meta.RemoveStatusCondition(&job.Status.Conditions, v1alpha1.ConditionReconciling)
		return
	}
	setCondition(job, v1alpha1.ConditionReconciling, metav1.ConditionTrue, reason, message)
}

// readiness is whether one can connect to the task, and if not, what is
// missing.
func readiness(job *v1alpha1.FargateJob) (status metav1.ConditionStatus, reason, message string) {
	task := job.Status.Task
	if task == nil {
		return unlaunched(job)
	}
	switch task.LastStatus {
	case "RUNNING":
		return running(job)
	case "PENDING":
		return metav1.ConditionFalse, v1alpha1.ReasonPending, "Fargate is preparing the task and pulling its image"
	case "ACTIVATING":
		return metav1.ConditionFalse, v1alpha1.ReasonActivating, "ECS is activating the task"
	case "", "PROVISIONING":
		return metav1.ConditionFalse, v1alpha1.ReasonProvisioning, "ECS is provisioning the task and its network interface"
	default:
		return metav1.ConditionFalse, v1alpha1.ReasonStopping, "the task is stopping"
	}
}

func unlaunched(job *v1alpha1.FargateJob) (status metav1.ConditionStatus, reason, message string) {
	if job.Status.Attempt == 0 {
		return metav1.ConditionFalse, v1alpha1.ReasonAccepted, notLaunched
	}
	launched := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionLaunched)
	if launched != nil && launched.Status == metav1.ConditionFalse {
		return metav1.ConditionFalse, v1alpha1.ReasonRetrying, launched.Message
	}
	return metav1.ConditionFalse, v1alpha1.ReasonLaunching, "the task is being launched"
}

func running(job *v1alpha1.FargateJob) (status metav1.ConditionStatus, reason, message string) {
	address := meta.FindStatusCondition(job.Status.Conditions, v1alpha1.ConditionAddressAssigned)
	if address.Status != metav1.ConditionTrue {
		return metav1.ConditionFalse, v1alpha1.ReasonAwaitingAddress, address.Message
	}
	container := job.Status.Resolved.ContainerName
	switch {
	case job.Status.HealthCheck != v1alpha1.Enabled || ecs.Healthy(job.Status.Task, container):
		return metav1.ConditionTrue, v1alpha1.ReasonReady, address.Message
	case job.Status.ReadyTime != nil:
		return metav1.ConditionFalse, v1alpha1.ReasonUnhealthy, "the health check of container " + container + " fails"
	default:
		return metav1.ConditionFalse, v1alpha1.ReasonAwaitingHealth, "the health check of container " + container + " has not passed yet"
	}
}

// setCondition sets a condition of this generation.
func setCondition(job *v1alpha1.FargateJob, kind string, status metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(&job.Status.Conditions, metav1.Condition{
		Type:               kind,
		Status:             status,
		ObservedGeneration: job.Generation,
		Reason:             reason,
		Message:            text.AbridgeBytes(message, maxMessage),
	})
}
