package ecs

// The states that a task goes through, in lastStatus and desiredStatus. The SDK
// has no type for them. Source: "Amazon ECS task lifecycle" in the ECS developer
// guide.
const (
	Provisioning   = "PROVISIONING"
	Pending        = "PENDING"
	Activating     = "ACTIVATING"
	Running        = "RUNNING"
	Deactivating   = "DEACTIVATING"
	Stopping       = "STOPPING"
	Deprovisioning = "DEPROVISIONING"
	Stopped        = "STOPPED"
)

// DependencyCondition is what must hold for a container before another one
// starts. Source: ContainerDependency in the ECS API reference.
type DependencyCondition string

// The conditions that a task can wait for a long time. START, the other one, is
// met before ECS reports it.
const (
	DependencyComplete DependencyCondition = "COMPLETE"
	DependencySuccess  DependencyCondition = "SUCCESS"
	DependencyHealthy  DependencyCondition = "HEALTHY"
)
