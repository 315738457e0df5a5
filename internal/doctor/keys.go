package doctor

import "strings"

// fileKeys are the keys of fargate.toml, by the fields of a FargateTaskClass.
var fileKeys = strings.NewReplacer(
	" or set spec.containerName", "", // The file has no such key.
	"spec.network.subnets", "[Fargate] Subnet",
	"spec.network.securityGroups", "[Fargate] SecurityGroup",
	"spec.network.assignPublicIP: Enabled", "[Fargate] EnablePublicIP = true",
	"spec.network.connectVia: PrivateIP", "[Fargate] UsePublicIP = false",
	"spec.network", "[Fargate] Subnet and SecurityGroup",
	"spec.cluster", "[Fargate] Cluster",
	"spec.region", "[Fargate] Region",
	"spec.capacity", "[Fargate] LaunchType or CapacityProviderStrategy",
	"spec.taskDefinition", "[Fargate] TaskDefinition",
	"spec.executionRoleARN", "[Fargate] ExecutionRoleARN",
	"spec.taskRoleARN", "[Fargate] TaskRoleARN",
	"spec.platformVersion", "[Fargate] PlatformVersion",
	"spec.ephemeralStorageGiB", "[Fargate] EphemeralStorage",
	"spec.executeCommand", "[Fargate] EnableExecuteCommand",
	"spec.ssh.port", "[SSH] Port",
)
