package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// observe takes what the observer last saw of the task into the status. A task
// that has ended stalls the job, unless it never ran and another attempt may
// do better.
func (l *Lifecycle) observe(ctx context.Context, job *v1alpha1.FargateJob) error {
	if job.Status.Task == nil {
		return nil
	}
	seen := l.look(job)
	task := job.Status.Task
	switch {
	case seen.Missing:
		message := fmt.Sprintf("ECS does not know task %s any more: it was removed, or it stopped more than an hour ago", task.ARN)
		l.setCondition(job, v1alpha1.ConditionStopped, metav1.ConditionTrue, v1alpha1.ReasonTaskMissing, message)
		l.Observers.Forget(task.ARN)
		return Stallf(v1alpha1.ReasonTaskMissing, "%s", message)
	case !ended(task):
		return errors.Join(deniedBeforeReady(job, &seen), l.checkContainers(ctx, job))
	case job.Status.ReadyTime == nil && ecs.FailedTransiently(task):
		l.setCondition(job, v1alpha1.ConditionLaunched, metav1.ConditionFalse, v1alpha1.ReasonRetrying,
			fmt.Sprintf("attempt %d failed: %s", job.Status.Attempt, stopMessage(task)))
		l.Observers.Forget(task.ARN)
		job.Status.Task = nil
		l.nextAttempt(job)
		return errRecorded
	default:
		return &stalling{reason: stopReason(task), message: stopMessage(task) + l.logHint(ctx, job) + l.stopAdvice(ctx, job)}
	}
}

// follow keeps the status of a stalled job true until its task has stopped.
func (l *Lifecycle) follow(_ context.Context, job *v1alpha1.FargateJob) error {
	if job.Status.Task != nil && !meta.IsStatusConditionTrue(job.Status.Conditions, v1alpha1.ConditionStopped) {
		l.look(job)
	}
	return nil
}

// watch begins to observe the job's task.
func (l *Lifecycle) watch(job *v1alpha1.FargateJob) {
	resolved := job.Status.Resolved
	watch := ecs.Watch{
		Location: ecs.LocationOf(&resolved.TaskTemplate),
		ARN:      job.Status.Task.ARN,
		PublicIP: resolved.Network.AssignPublicIP == v1alpha1.Enabled,
	}
	if resolved.HealthCheck == v1alpha1.Enabled {
		watch.HealthOf = resolved.ContainerName
	}
	key := keyOf(job)
	watch.Changed = func() { l.Wake(key) }
	l.Observers.Watch(watch)
	l.watched.update(job, func(arn *string) { *arn = watch.ARN })
}

// look watches the job's task and copies the latest observation into the
// status.
func (l *Lifecycle) look(job *v1alpha1.FargateJob) ecs.Observation {
	l.watch(job)
	arn := job.Status.Task.ARN
	seen, _ := l.Observers.Latest(arn)
	if seen.Task.LastStatus != "" && isNews(job.Status.Task, &seen.Task) {
		job.Status.Task = seen.Task.DeepCopy() // The observer keeps its own.
	}
	if job.Status.Task.LastStatus == ecs.Stopped {
		l.setCondition(job, v1alpha1.ConditionStopped, metav1.ConditionTrue, stopReason(job.Status.Task), stopMessage(job.Status.Task))
		l.Observers.Forget(arn)
	}
	return seen
}

// isNews is true if an observation differs in more than times, which are not
// worth a write of their own: they come along with the next one.
func isNews(old, seen *v1alpha1.TaskStatus) bool {
	return !equality.Semantic.DeepEqual(timeless(old), timeless(seen))
}

func timeless(task *v1alpha1.TaskStatus) *v1alpha1.TaskStatus {
	t := task.DeepCopy()
	t.CreationTime, t.PullStartTime, t.PullStopTime, t.StartTime, t.StopTime = nil, nil, nil, nil, nil
	return t
}

// ended is true for a task that has stopped or, with a reason given, is about
// to. Fargate takes up to a minute from the one to the other.
func ended(task *v1alpha1.TaskStatus) bool {
	return task.LastStatus == ecs.Stopped || task.DesiredStatus == ecs.Stopped && task.StopCode != ""
}

// deniedBeforeReady stalls a job whose task, or the public address that it is to
// be reached at, nobody may look at: it would wait for its deadline in the dark.
// One that is ready needs no more looks.
func deniedBeforeReady(job *v1alpha1.FargateJob, seen *ecs.Observation) error {
	err := seen.Err
	if job.Status.Resolved.Network.ConnectVia == v1alpha1.PublicIP {
		err = errors.Join(err, seen.AddressErr)
	}
	var fault *ecs.Error
	if job.Status.ReadyTime == nil && errors.As(err, &fault) && fault.Class == ecs.Terminal {
		return fault
	}
	return nil
}

// StopCodes are ECS's codes for the end of a task that are also our reasons.
// Source: stopCode in the Task type of the ECS API reference.
var StopCodes = []string{
	v1alpha1.ReasonTaskFailedToStart,
	v1alpha1.ReasonEssentialContainerExited,
	v1alpha1.ReasonUserInitiated,
	v1alpha1.ReasonServiceSchedulerInitiated,
	v1alpha1.ReasonSpotInterruption,
	v1alpha1.ReasonTerminationNotice,
	v1alpha1.ReasonInfrastructureHealth,
}

func stopReason(task *v1alpha1.TaskStatus) string {
	if slices.Contains(StopCodes, task.StopCode) {
		return task.StopCode
	}
	return v1alpha1.ReasonTaskStopped
}

// stopMessage says all that ECS says about the end of a task.
func stopMessage(task *v1alpha1.TaskStatus) string {
	parts := []string{fmt.Sprintf("task %s stopped", task.ARN)}
	if task.StoppedReason != "" {
		parts = append(parts, task.StoppedReason)
	}
	for i := range task.Containers {
		container := &task.Containers[i]
		if container.ExitCode != nil {
			parts = append(parts, fmt.Sprintf("container %s exited with code %d", container.Name, *container.ExitCode))
		}
		if container.Reason != "" {
			parts = append(parts, fmt.Sprintf("container %s: %s", container.Name, container.Reason))
		}
	}
	return strings.Join(parts, ": ")
}
