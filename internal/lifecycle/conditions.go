package lifecycle

import (
	"context"
	"errors"
	"fmt"

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
func (l *Lifecycle) summarize(ctx context.Context, job *v1alpha1.FargateJob, err error) {
	job.Status.ObservedGeneration = job.Generation
	for _, kind := range []string{v1alpha1.ConditionLaunched, v1alpha1.ConditionAddressAssigned} {
		if meta.FindStatusCondition(job.Status.Conditions, kind) == nil {
			l.setCondition(job, kind, metav1.ConditionUnknown, v1alpha1.ReasonAccepted, notLaunched)
		}
	}
	switch task := job.Status.Task; {
	case task == nil:
		l.setCondition(job, v1alpha1.ConditionStopped, metav1.ConditionUnknown, v1alpha1.ReasonAccepted, notLaunched)
	case task.LastStatus != ecs.Stopped && !meta.IsStatusConditionTrue(job.Status.Conditions, v1alpha1.ConditionStopped):
		l.setCondition(job, v1alpha1.ConditionStopped, metav1.ConditionFalse, v1alpha1.ReasonRunning, "the task has not stopped")
	}
	l.withdrawAddress(job)
	if IsStalled(job) {
		return
	}
	var stall *stalling
	if errors.As(err, &stall) {
		l.setCondition(job, v1alpha1.ConditionStalled, metav1.ConditionTrue, stall.reason, stall.message)
		l.setCondition(job, v1alpha1.ConditionReady, metav1.ConditionFalse, stall.reason, stall.message)
		meta.RemoveStatusCondition(&job.Status.Conditions, v1alpha1.ConditionReconciling)
		return
	}
	status, reason, message := l.readiness(ctx, job)
	if status != metav1.ConditionTrue {
		message = l.withFailures(job, l.withLook(job, message), err)
	}
	l.setCondition(job, v1alpha1.ConditionReady, status, reason, message)
	if status == metav1.ConditionTrue {
		if job.Status.ReadyTime == nil {
			job.Status.ReadyTime = &metav1.Time{Time: l.Now()}
		}
		meta.RemoveStatusCondition(&job.Status.Conditions, v1alpha1.ConditionReconciling)
		return
	}
	l.setCondition(job, v1alpha1.ConditionReconciling, metav1.ConditionTrue, reason, message)
}

// readiness is whether one can connect to the task, and if not, what is
// missing.
func (l *Lifecycle) readiness(ctx context.Context, job *v1alpha1.FargateJob) (status metav1.ConditionStatus, reason, message string) {
	task := job.Status.Task
	if task == nil {
		return unlaunched(job)
	}
	switch task.LastStatus {
	case ecs.Running:
		return running(job)
	case ecs.Pending:
		return metav1.ConditionFalse, v1alpha1.ReasonPending, l.pending(ctx, job)
	case ecs.Activating:
		return metav1.ConditionFalse, v1alpha1.ReasonActivating, "ECS is activating the task"
	case "", ecs.Provisioning:
		return metav1.ConditionFalse, v1alpha1.ReasonProvisioning, "ECS is provisioning the task and its network interface"
	default:
		return metav1.ConditionFalse, v1alpha1.ReasonStopping, "the task is stopping"
	}
}

func (l *Lifecycle) pending(ctx context.Context, job *v1alpha1.FargateJob) string {
	const message = "Fargate is preparing the task and pulling its image"
	if wait := l.awaited(ctx, job); wait.why != "" {
		return fmt.Sprintf("%s; container %s has not started: %s", message, wait.waiting, wait.why)
	}
	return message
}

// withdrawAddress takes back the address of a task that has ended: nothing is
// there any more, and another task may get it.
func (l *Lifecycle) withdrawAddress(job *v1alpha1.FargateJob) {
	task := job.Status.Task
	stopped := meta.IsStatusConditionTrue(job.Status.Conditions, v1alpha1.ConditionStopped)
	if job.Status.Address == nil || task == nil || !stopped && !ended(task) {
		return
	}
	job.Status.Address = nil
	l.setCondition(job, v1alpha1.ConditionAddressAssigned, metav1.ConditionFalse, v1alpha1.ReasonTaskStopped, "the task has ended")
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
	case job.Status.Resolved.HealthCheck != v1alpha1.Enabled || ecs.Healthy(job.Status.Task, container):
		return metav1.ConditionTrue, v1alpha1.ReasonReady, address.Message
	case job.Status.ReadyTime != nil:
		return metav1.ConditionFalse, v1alpha1.ReasonUnhealthy, "the health check of container " + container + " fails"
	default:
		return metav1.ConditionFalse, v1alpha1.ReasonAwaitingHealth, "the health check of container " + container + " has not passed yet"
	}
}

// setCondition sets a condition of this generation, by the clock of deadlines.
func (l *Lifecycle) setCondition(job *v1alpha1.FargateJob, kind string, status metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(&job.Status.Conditions, metav1.Condition{
		Type:               kind,
		Status:             status,
		ObservedGeneration: job.Generation,
		LastTransitionTime: metav1.Time{Time: l.Now()},
		Reason:             reason,
		Message:            text.AbridgeBytes(text.OneLine(message), maxMessage),
	})
}
