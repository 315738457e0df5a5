package localecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// awaitDependencies waits until the containers that this one depends on have
// reached the condition that it needs. It reports false if the task has to stop
// first; a condition that can no longer come true keeps the task PENDING, as on
// ECS.
func (c *container) awaitDependencies() bool {
	for _, dependency := range c.definition.DependsOn {
		select {
		case <-c.task.container(*dependency.ContainerName).fulfilled(dependency.Condition):
		case <-c.task.stopRequested:
			return false
		}
	}
	return true
}

// fulfilled returns a channel that is closed once the condition is true.
func (c *container) fulfilled(condition types.ContainerCondition) <-chan struct{} {
	switch condition {
	case types.ContainerConditionComplete:
		return c.exited
	case types.ContainerConditionHealthy:
		return c.healthy
	case types.ContainerConditionSuccess:
		return c.succeeded
	default:
		return c.started
	}
}

// container finds a container by its name. It must be one of the definition's.
func (t *task) container(name string) *container {
	for _, c := range t.containers {
		if *c.definition.Name == name {
			return c
		}
	}
	return nil
}

// checkDependencies checks that every dependency names another container that
// can start without this one.
func checkDependencies(containers []types.ContainerDefinition) error {
	byName := make(map[string]types.ContainerDefinition, len(containers))
	for _, c := range containers {
		byName[*c.Name] = c
	}
	for _, c := range containers {
		for _, dependency := range c.DependsOn {
			other, known := byName[aws.ToString(dependency.ContainerName)]
			switch {
			case !known:
				return clientException("Container %s depends on %q, which is not in the task definition.",
					*c.Name, aws.ToString(dependency.ContainerName))
			case dependency.Condition == types.ContainerConditionHealthy && other.HealthCheck == nil:
				return clientException("Container %s has a HEALTHY dependency on %s, which has no health check.",
					*c.Name, *other.Name)
			case endsTask(dependency.Condition, other):
				return clientException("Container %s has a %s dependency on %s, which must not be essential.",
					*c.Name, dependency.Condition, *other.Name)
			}
		}
		if dependsOnItself(*c.Name, c, byName, len(containers)) {
			return clientException("Container %s depends on itself.", *c.Name)
		}
	}
	return nil
}

// endsTask reports whether the condition comes true only when the whole task
// ends.
func endsTask(condition types.ContainerCondition, other types.ContainerDefinition) bool {
	waitsForEnd := condition == types.ContainerConditionComplete || condition == types.ContainerConditionSuccess
	return waitsForEnd && (other.Essential == nil || *other.Essential)
}

// dependsOnItself follows the dependencies of c, at most depth levels deep.
func dependsOnItself(name string, c types.ContainerDefinition, byName map[string]types.ContainerDefinition, depth int) bool {
	if depth == 0 {
		return false
	}
	for _, dependency := range c.DependsOn {
		other := aws.ToString(dependency.ContainerName)
		if other == name || dependsOnItself(name, byName[other], byName, depth-1) {
			return true
		}
	}
	return false
}
