package lifecycle

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// checkContainers stalls a job whose task goes on without the job's container,
// or will never start it. ECS says of the task alone that it runs, or that it is
// PENDING.
func (l *Lifecycle) checkContainers(ctx context.Context, job *v1alpha1.FargateJob) error {
	task, name := job.Status.Task, job.Status.Resolved.ContainerName
	if own := containerOf(task, name); own != nil && own.ExitCode != nil {
		return Stallf(v1alpha1.ReasonEssentialContainerExited, "%s, and the rest of task %s goes on without it%s%s",
			exitOf(own), task.ARN, l.logHint(ctx, job), l.stopAdvice(ctx, job))
	}
	if task.LastStatus != ecs.Pending {
		return nil
	}
	if wait := l.awaited(ctx, job); wait.hopeless {
		return Stallf(v1alpha1.ReasonTaskFailedToStart, "task %s will not start container %s: %s: correct container %s in the task definition",
			task.ARN, wait.waiting, wait.why, wait.dependency)
	}
	return nil
}

// dependencyWait is what keeps a container from its start. The zero value means
// that nothing does.
type dependencyWait struct {
	waiting, dependency string
	why                 string
	// hopeless is true if the dependency can no longer be met.
	hopeless bool
}

// awaited finds out what the job's container waits for, by the task definition.
// Of containers that wait for each other it is the one that holds up the rest.
func (l *Lifecycle) awaited(ctx context.Context, job *v1alpha1.FargateJob) dependencyWait {
	resolved := job.Status.Resolved
	definition, err := l.ECS.TaskDefinition(ctx, ecs.LocationOf(&resolved.TaskTemplate), resolved.TaskDefinition)
	if err != nil {
		return dependencyWait{} // What it waits for is worth knowing, but the job does not depend on it.
	}
	return awaitedBy(resolved.ContainerName, &definition, job.Status.Task, map[string]bool{})
}

func awaitedBy(name string, definition *ecs.Definition, task *v1alpha1.TaskStatus, seen map[string]bool) dependencyWait {
	seen[name] = true
	dependencies := definition.Containers[name].DependsOn
	var first dependencyWait
	for _, dependency := range slices.Sorted(maps.Keys(dependencies)) {
		wait := judge(name, dependency, dependencies[dependency], task)
		if wait == (dependencyWait{}) || seen[dependency] {
			continue
		}
		if !wait.hopeless {
			if deeper := awaitedBy(dependency, definition, task, seen); deeper != (dependencyWait{}) {
				wait = deeper
			}
		}
		if wait.hopeless {
			return wait
		}
		if first == (dependencyWait{}) {
			first = wait
		}
	}
	return first
}

// judge says whether a dependency is met.
func judge(waiting, dependency string, condition ecs.DependencyCondition, task *v1alpha1.TaskStatus) dependencyWait {
	wait := dependencyWait{waiting: waiting, dependency: dependency}
	container := containerOf(task, dependency)
	exited := container != nil && container.ExitCode != nil
	switch condition {
	case ecs.DependencyComplete:
		if exited {
			return dependencyWait{}
		}
		wait.why = fmt.Sprintf("it waits until container %s has ended", dependency)
	case ecs.DependencySuccess:
		if exited && *container.ExitCode == 0 {
			return dependencyWait{}
		}
		wait.why = fmt.Sprintf("it waits until container %s has ended with code 0", dependency)
		wait.hopeless = exited
	case ecs.DependencyHealthy:
		if ecs.Healthy(task, dependency) {
			return dependencyWait{}
		}
		wait.why = fmt.Sprintf("it waits until the health check of container %s passes", dependency)
		wait.hopeless = exited
	default:
		return dependencyWait{} // START says nothing of what comes after it.
	}
	if wait.hopeless {
		wait.why += ", but " + exitOf(container)
	}
	return wait
}

func containerOf(task *v1alpha1.TaskStatus, name string) *v1alpha1.ContainerStatus {
	i := slices.IndexFunc(task.Containers, func(c v1alpha1.ContainerStatus) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &task.Containers[i]
}

func exitOf(container *v1alpha1.ContainerStatus) string {
	text := fmt.Sprintf("container %s exited with code %d", container.Name, *container.ExitCode)
	if container.Reason != "" {
		text += ": " + container.Reason
	}
	return text
}
