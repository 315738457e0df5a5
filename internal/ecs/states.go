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
