package derive

import "fmt"

// Quotas of a task definition, from "Amazon ECS service quotas" in the ECS
// developer guide.
const (
	maxContainers = 10
	maxBytes      = 64 << 10
)

// ClassError says what of a class's own settings cannot be.
type ClassError struct{ Problem string }

func (e *ClassError) Error() string { return e.Problem }

func classErrorf(format string, args ...any) error {
	return &ClassError{Problem: fmt.Sprintf(format, args...)}
}

// BaseError says why a task definition cannot lend to jobs.
type BaseError struct{ Problem string }

func (e *BaseError) Error() string {
	return "the base task definition cannot be used: " + e.Problem
}

func baseErrorf(format string, args ...any) error {
	return &BaseError{Problem: fmt.Sprintf(format, args...)}
}

// TooManyError says that a task would have more containers than ECS allows.
type TooManyError struct{ Containers int }

func (e *TooManyError) Error() string {
	return fmt.Sprintf("the task would have %d containers, with three for the job itself and those of the base task definition, and ECS allows %d: "+
		"remove services from the job, or sidecars from the base task definition", e.Containers, maxContainers)
}

// NameTakenError says that a container or a volume would have the name of another.
type NameTakenError struct {
	// What says whose name it is: a service's, or the base task definition's.
	What string
	Name string
}

func (e *NameTakenError) Error() string {
	return fmt.Sprintf("%s is named %q, and so is another one in the task: rename it", e.What, e.Name)
}

// TooLargeError says that a task definition is larger than ECS allows.
type TooLargeError struct{ Bytes int }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the task definition would have about %d bytes, and ECS allows %d: remove variables from the base task definition, or services from the job", e.Bytes, maxBytes)
}
