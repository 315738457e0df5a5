package derive

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
)

// Quotas of a task definition, from "Amazon ECS service quotas" in the ECS
// developer guide.
const (
	maxContainers = 10
	maxBytes      = 64 << 10
)

// TooManyError says that a task would have more containers than ECS allows.
type TooManyError struct{ Containers int }

func (e *TooManyError) Error() string {
	return fmt.Sprintf("the task would have %d containers, with three for the job itself and those of the base task definition, and ECS allows %d: "+
		"remove services from the job, or sidecars from the base task definition", e.Containers, maxContainers)
}

// NameTakenError says that two containers, or two volumes, would have one name.
type NameTakenError struct{ Name string }

func (e *NameTakenError) Error() string {
	return fmt.Sprintf("two containers or volumes of the task would be named %q: rename that of the base task definition", e.Name)
}

// TooLargeError says that a task definition is larger than ECS allows.
type TooLargeError struct{ Bytes int }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the task definition would have about %d bytes, and ECS allows %d: remove variables from the base task definition, or services from the job", e.Bytes, maxBytes)
}

func check(in *ecs.RegisterTaskDefinitionInput) error {
	if n := len(in.ContainerDefinitions); n > maxContainers {
		return &TooManyError{Containers: n}
	}
	containers, volumes := map[string]bool{}, map[string]bool{}
	for i := range in.ContainerDefinitions {
		if err := take(containers, aws.ToString(in.ContainerDefinitions[i].Name)); err != nil {
			return err
		}
	}
	for i := range in.Volumes {
		if err := take(volumes, aws.ToString(in.Volumes[i].Name)); err != nil {
			return err
		}
	}
	return nil
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

func take(taken map[string]bool, name string) error {
	if taken[name] {
		return &NameTakenError{Name: name}
	}
	taken[name] = true
	return nil
}
