package taskrules

// The CI variables with which a job customizes its task.
const (
	TaskDefinitionVariable   = "FARGATE_TASK_DEFINITION"
	PlatformVersionVariable  = "FARGATE_PLATFORM_VERSION"
	CPUVariable              = "FARGATE_CPU"
	MemoryVariable           = "FARGATE_MEMORY"
	EphemeralStorageVariable = "FARGATE_EPHEMERAL_STORAGE"
	TaskClassVariable        = "FARGATE_TASK_CLASS"
)
