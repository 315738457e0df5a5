package v1alpha1

// Condition types of a FargateJob.
const (
	// ConditionLaunched is true once ECS has accepted the task.
	ConditionLaunched = "Launched"
	// ConditionAddressAssigned is true once the address to connect to is
	// known.
	ConditionAddressAssigned = "AddressAssigned"
	// ConditionReady is true while a client can connect to the task. It is
	// derived from the other conditions and the task's state.
	ConditionReady = "Ready"
	// ConditionStopped is true once the task has stopped.
	ConditionStopped = "Stopped"
	// ConditionReconciling is present and true while the controller works
	// toward Ready. It follows kstatus.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is present and true when waiting will not change
	// anything: the executor fails at once with its message. It follows
	// kstatus.
	ConditionStalled = "Stalled"
)

// Reasons of a job on its way to Ready and of one that is.
const (
	// ReasonAccepted: the object exists, no launch has been recorded yet.
	ReasonAccepted = "Accepted"
	// ReasonLaunching: an attempt is recorded and RunTask comes next.
	ReasonLaunching = "Launching"
	// ReasonLaunched: ECS has accepted the task.
	ReasonLaunched = "Launched"
	// ReasonProvisioning: ECS is preparing the task, mainly its network
	// interface.
	ReasonProvisioning = "Provisioning"
	// ReasonPending: Fargate is preparing the task, mainly pulling images.
	ReasonPending = "Pending"
	// ReasonActivating: ECS does what remains before RUNNING.
	ReasonActivating = "Activating"
	// ReasonAwaitingHealth: the task runs and its health check has not
	// passed yet.
	ReasonAwaitingHealth = "AwaitingHealth"
	// ReasonAwaitingAddress: the address to connect to is not known yet.
	ReasonAwaitingAddress = "AwaitingAddress"
	// ReasonAddressAssigned: the address to connect to is known.
	ReasonAddressAssigned = "AddressAssigned"
	// ReasonReady: a client can connect.
	ReasonReady = "Ready"
	// ReasonUnhealthy: the task was ready and its health check fails now.
	ReasonUnhealthy = "Unhealthy"
	// ReasonStopping: the task is on its way to STOPPED.
	ReasonStopping = "Stopping"
	// ReasonRunning: the task has not stopped.
	ReasonRunning = "Running"
	// ReasonRetrying: the last attempt found no capacity or met a transient
	// fault, and another follows.
	ReasonRetrying = "Retrying"
)

// Reasons of a job that is stalled before a task was accepted.
const (
	// ReasonClassNotFound: the FargateTaskClass does not exist.
	ReasonClassNotFound = "ClassNotFound"
	// ReasonOverrideRefused: the class does not allow what the job asks for.
	ReasonOverrideRefused = "OverrideRefused"
	// ReasonAccessDenied: AWS refuses the controller's identity.
	ReasonAccessDenied = "AccessDenied"
	// ReasonClusterNotFound: the ECS cluster does not exist or is inactive.
	ReasonClusterNotFound = "ClusterNotFound"
	// ReasonNoCapacityProvider: neither the class nor the cluster says where
	// capacity comes from.
	ReasonNoCapacityProvider = "NoCapacityProvider"
	// ReasonTaskDefinitionNotFound: the task definition does not exist or has
	// no active revision.
	ReasonTaskDefinitionNotFound = "TaskDefinitionNotFound"
	// ReasonInvalidParameter: a value of the launch cannot work, as ECS reports
	// or the controller finds before the call.
	ReasonInvalidParameter = "InvalidParameter"
	// ReasonLaunchRefused: ECS refuses the launch for another reason.
	ReasonLaunchRefused = "LaunchRefused"
	// ReasonCapacityUnavailable: no placement had capacity before the launch
	// deadline.
	ReasonCapacityUnavailable = "CapacityUnavailable"
	// ReasonQuotaExceeded: the account's Fargate quota was used up until the
	// launch deadline.
	ReasonQuotaExceeded = "QuotaExceeded"
)

// Reasons of a job that is stalled after a task was accepted. The ones that
// are also a stopCode of ECS have its name.
const (
	// ReasonTaskFailedToStart: the task stopped before it ran.
	ReasonTaskFailedToStart = "TaskFailedToStart"
	// ReasonEssentialContainerExited: an essential container ended.
	ReasonEssentialContainerExited = "EssentialContainerExited"
	// ReasonUserInitiated: someone stopped the task.
	ReasonUserInitiated = "UserInitiated"
	// ReasonServiceSchedulerInitiated: ECS's service scheduler stopped the
	// task.
	ReasonServiceSchedulerInitiated = "ServiceSchedulerInitiated"
	// ReasonSpotInterruption: Fargate Spot took the capacity back.
	ReasonSpotInterruption = "SpotInterruption"
	// ReasonTerminationNotice: AWS ended the host of the task.
	ReasonTerminationNotice = "TerminationNotice"
	// ReasonInfrastructureHealth: AWS found the host of the task unhealthy.
	ReasonInfrastructureHealth = "InfrastructureHealth"
	// ReasonTaskStopped: the task stopped, and ECS gave no code that we know.
	ReasonTaskStopped = "TaskStopped"
	// ReasonTaskMissing: ECS no longer knows the task.
	ReasonTaskMissing = "TaskMissing"
	// ReasonLaunchDeadlineExceeded: the task was not ready in time.
	ReasonLaunchDeadlineExceeded = "LaunchDeadlineExceeded"
	// ReasonActiveDeadlineExceeded: the task lived longer than it may.
	ReasonActiveDeadlineExceeded = "ActiveDeadlineExceeded"
)
