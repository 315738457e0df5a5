package derive

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// ownContainers are install, ci-coordinator and job, which are a request's first,
// before those of services and those of the base.
const ownContainers = 3

// check refuses what ECS would refuse, and what could not work.
func (t *Task) check(in *ecs.RegisterTaskDefinitionInput) error {
	for _, check := range []func(*ecs.RegisterTaskDefinitionInput) error{
		checkCount, t.checkContainerNames, checkVolumeNames, t.checkDisk,
	} {
		if err := check(in); err != nil {
			return err
		}
	}
	return nil
}

func checkCount(in *ecs.RegisterTaskDefinitionInput) error {
	if n := len(in.ContainerDefinitions); n > maxContainers {
		return &TooManyError{Containers: n}
	}
	return nil
}

func (t *Task) checkContainerNames(in *ecs.RegisterTaskDefinitionInput) error {
	taken := map[string]bool{}
	for i := range in.ContainerDefinitions {
		name := aws.ToString(in.ContainerDefinitions[i].Name)
		if taken[name] {
			what := "a container of the base task definition"
			if i < ownContainers+len(t.Services) {
				what = "a service's container"
			}
			return &NameTakenError{What: what, Name: name}
		}
		taken[name] = true
	}
	return nil
}

func checkVolumeNames(in *ecs.RegisterTaskDefinitionInput) error {
	taken := map[string]bool{}
	for i := range in.Volumes {
		name := aws.ToString(in.Volumes[i].Name)
		if taken[name] {
			return &NameTakenError{What: "a volume of the base task definition", Name: name}
		}
		taken[name] = true
	}
	return nil
}

// checkDisk refuses a disk of the task's own where there is none. Source:
// ephemeralStorage of RegisterTaskDefinition in the ECS API reference.
func (t *Task) checkDisk(in *ecs.RegisterTaskDefinitionInput) error {
	switch {
	case in.EphemeralStorage == nil || t.Compatibility == types.CompatibilityFargate:
		return nil
	case t.EphemeralStorageGiB > 0:
		return classErrorf("the class's tasks have a disk of %d GiB of their own, which only Fargate has, and they run on %s: remove its ephemeralStorageGiB", t.EphemeralStorageGiB, t.Compatibility)
	}
	return baseErrorf("it has ephemeralStorage, which only Fargate has, and the class's tasks run on %s: remove it", t.Compatibility)
}

// checkSize measures the request, which ECS may write a little differently.
func checkSize(in *ecs.RegisterTaskDefinitionInput) error {
	encoded, err := encode(in)
	if err != nil {
		return fmt.Errorf("measuring a task definition: %w", err)
	}
	if len(encoded) > maxBytes {
		return &TooLargeError{Bytes: len(encoded)}
	}
	return nil
}
