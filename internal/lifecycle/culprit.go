package lifecycle

import (
	"context"
	"fmt"
	"slices"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// What a container exits with that ECS ends: 128 and the number of SIGTERM or
// SIGKILL.
const exitedBySIGTERM, exitedBySIGKILL = 143, 137

// culprit is the container whose end is the cause of the task's, as far as one
// can tell: one of which ECS gives a reason, else one that failed by itself, else
// one that ended by itself. Without any it is the job's container.
func culprit(job *v1alpha1.FargateJob) string {
	own, containers := job.Status.Resolved.ContainerName, job.Status.Task.Containers
	if mine := containerOf(job.Status.Task, own); mine != nil {
		containers = append([]v1alpha1.ContainerStatus{*mine}, containers...) // In doubt it is the job's.
	}
	for _, caused := range []func(*v1alpha1.ContainerStatus) bool{
		func(c *v1alpha1.ContainerStatus) bool { return c.Reason != "" },
		func(c *v1alpha1.ContainerStatus) bool { return c.ExitCode != nil && *c.ExitCode != 0 && !wasKilled(c) },
		func(c *v1alpha1.ContainerStatus) bool { return c.ExitCode != nil && !wasKilled(c) },
	} {
		for i := range containers {
			if caused(&containers[i]) {
				return containers[i].Name
			}
		}
	}
	return own
}

func wasKilled(c *v1alpha1.ContainerStatus) bool {
	return *c.ExitCode == exitedBySIGTERM || *c.ExitCode == exitedBySIGKILL
}

// stopAdvice says what to do about the end of the job's task or container, by
// what ECS names as the cause and by the container that is at fault. It is empty
// for ends whose reason says it all.
func (l *Lifecycle) stopAdvice(ctx context.Context, job *v1alpha1.FargateJob) string {
	task := job.Status.Task
	if fix := ecs.StopFix(task); fix != "" {
		return ": " + fix
	}
	name := culprit(job)
	switch {
	case task.StopCode == v1alpha1.ReasonTaskFailedToStart:
		return ": check that the task definition's images exist and that the execution role may pull them and read their secrets"
	case task.StopCode != "" && task.StopCode != v1alpha1.ReasonEssentialContainerExited:
		return ""
	case name == job.Status.Resolved.ContainerName:
		return ": read the container's log, and check that it has enough memory and that its entry point keeps the SSH server running"
	default:
		return fmt.Sprintf(": read the log of container %s, whose end ended the task%s", name, l.optional(ctx, job, name))
	}
}

// optional says how a task can go on without one of its containers, if ECS
// counts that as essential.
func (l *Lifecycle) optional(ctx context.Context, job *v1alpha1.FargateJob, name string) string {
	resolved := job.Status.Resolved
	definition, err := l.ECS.TaskDefinition(ctx, ecs.LocationOf(&resolved.TaskTemplate), resolved.TaskDefinition)
	if err != nil || !definition.Containers[name].Essential {
		return ""
	}
	return ", or set essential to false for it in the task definition if jobs can do without it"
}

// runs reports whether the job's container runs. A task whose end has begun is
// RUNNING for some seconds more.
func runs(job *v1alpha1.FargateJob) bool {
	return job.Status.Task.LastStatus == ecs.Running && !ended(job.Status.Task) && !ran(job, job.Status.Resolved.ContainerName)
}

// ran reports whether a container of the job's task has run and ended.
func ran(job *v1alpha1.FargateJob, name string) bool {
	return slices.ContainsFunc(job.Status.Task.Containers, func(c v1alpha1.ContainerStatus) bool {
		return c.Name == name && c.ExitCode != nil
	})
}
