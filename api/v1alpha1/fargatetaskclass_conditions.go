package v1alpha1

// Condition types of a FargateTaskClass, other than ConditionReady. Each is one
// check against AWS: True if it passed, False if the class or what it names in
// AWS must be fixed, Unknown if AWS could not be asked. ConditionReady is
// derived from them: False if one of them is False, else Unknown if one of them
// is Unknown, else True. Jobs do not wait for it. ConditionStalled is present
// and true while ConditionReady is False, and ConditionReconciling while it is
// Unknown.
const (
	// ConditionClusterActive is true while the ECS cluster exists and accepts
	// tasks.
	ConditionClusterActive = "ClusterActive"
	// ConditionCapacityDefined is true while it is clear where the tasks'
	// capacity comes from: every capacity provider that the class names is one
	// of the cluster's, or the class names no placement and the cluster has a
	// default capacity provider strategy.
	ConditionCapacityDefined = "CapacityDefined"
	// ConditionTaskDefinitionUsable is true while the task definition is
	// active, has the class's container with the SSH port, suits the network
	// and the placements of the class, and has all that its tasks need.
	ConditionTaskDefinitionUsable = "TaskDefinitionUsable"
	// ConditionNetworkUsable is true while all subnets and security groups of
	// the class exist, in one VPC.
	ConditionNetworkUsable = "NetworkUsable"
)

// Reasons of a FargateTaskClass's conditions. ReasonReady, ReasonAccessDenied,
// ReasonClusterNotFound, ReasonNoCapacityProvider, ReasonTaskDefinitionNotFound
// and ReasonInvalidParameter mean here what they mean for a FargateJob.
// ConditionReady has ReasonReady or the reason of the first check that keeps it
// from being True.
const (
	// ReasonPassed: the check found nothing to fix.
	ReasonPassed = "Passed"
	// ReasonClusterNotActive: the cluster exists and accepts no tasks.
	ReasonClusterNotActive = "ClusterNotActive"
	// ReasonCapacityProviderNotInCluster: a placement names a capacity
	// provider that is not one of the cluster's.
	ReasonCapacityProviderNotInCluster = "CapacityProviderNotInCluster"
	// ReasonContainerNotFound: the task definition has no container of the
	// class's containerName.
	ReasonContainerNotFound = "ContainerNotFound"
	// ReasonPortNotMapped: the container does not map the SSH port over tcp.
	ReasonPortNotMapped = "PortNotMapped"
	// ReasonNetworkModeNotAwsvpc: tasks of the task definition get no network
	// interface.
	ReasonNetworkModeNotAwsvpc = "NetworkModeNotAwsvpc"
	// ReasonFargateIncompatible: the task definition does not run on Fargate,
	// where a placement would put it.
	ReasonFargateIncompatible = "FargateIncompatible"
	// ReasonOperatingSystemUnsupported: the task definition is for Windows,
	// where the scripts of jobs do not run.
	ReasonOperatingSystemUnsupported = "OperatingSystemUnsupported"
	// ReasonVolumeUnusable: a volume of the task definition needs what no
	// launch, or the task, has.
	ReasonVolumeUnusable = "VolumeUnusable"
	// ReasonPlatformVersionTooOld: the class's platform version lacks what the
	// class or its task definition uses.
	ReasonPlatformVersionTooOld = "PlatformVersionTooOld"
	// ReasonRootFilesystemReadOnly: the class's container can write nowhere.
	ReasonRootFilesystemReadOnly = "RootFilesystemReadOnly"
	// ReasonSubnetNotFound: a subnet does not exist in the class's region.
	ReasonSubnetNotFound = "SubnetNotFound"
	// ReasonSecurityGroupNotFound: a security group does not exist in the
	// class's region.
	ReasonSecurityGroupNotFound = "SecurityGroupNotFound"
	// ReasonSeveralVPCs: the subnets and security groups are not all in one
	// VPC.
	ReasonSeveralVPCs = "SeveralVPCs"
	// ReasonCheckFailed: AWS throttled the check, failed, or could not be
	// reached. The check is repeated.
	ReasonCheckFailed = "CheckFailed"
)

// ReasonNotReady is the reason of the event that reports a FargateTaskClass
// whose ConditionReady has become False.
const ReasonNotReady = "NotReady"
