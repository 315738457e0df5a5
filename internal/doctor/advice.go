package doctor

import (
	"fmt"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// advise says why a problem found by a check of classes matters, and how to fix
// it.
func (e *examination) advise(reason string) (why, fix string) {
	const (
		noStart   = "no task can start"
		noAddress = "a task could not be reached over SSH"
	)
	ecs := "aws ecs %s --region " + e.loc.Region
	describe := fmt.Sprintf(ecs, "describe-task-definition") + " --task-definition " + e.template.TaskDefinition + " --query taskDefinition >task.json"
	register := fmt.Sprintf(ecs, "register-task-definition") + " --cli-input-json file://task.json"
	revise := func(change string) string {
		return describe + "\nin task.json " + change + ", and remove taskDefinitionArn, revision, status, requiresAttributes, compatibilities, registeredAt, registeredBy; then\n" + register
	}
	all := map[string][2]string{
		v1alpha1.ReasonClusterNotFound:  {noStart, fmt.Sprintf(ecs, "create-cluster") + " --cluster-name " + e.loc.Cluster + e.strategy()},
		v1alpha1.ReasonClusterNotActive: {noStart, fmt.Sprintf(ecs, "describe-clusters") + " --clusters " + e.loc.Cluster + " --include ATTACHMENTS"},
		v1alpha1.ReasonNoCapacityProvider: {
			"jobs name no capacity, so ECS would look for instances in the cluster and answer: No Container Instances were found in your cluster",
			fmt.Sprintf(ecs, "put-cluster-capacity-providers") + " --cluster " + e.loc.Cluster + e.strategy(),
		},
		v1alpha1.ReasonCapacityProviderNotInCluster: {noStart, fmt.Sprintf(ecs, "put-cluster-capacity-providers") + " --cluster " + e.loc.Cluster + e.strategy()},
		v1alpha1.ReasonTaskDefinitionNotFound:       {noStart, fmt.Sprintf(ecs, "list-task-definitions") + "\ncorrect spec.taskDefinition, or register it: " + register},
		v1alpha1.ReasonContainerNotFound: {
			"the job's public key goes into the environment of that container, and ECS refuses to start a task without it",
			revise(fmt.Sprintf("name the container with the SSH server %q", e.template.ContainerName)),
		},
		v1alpha1.ReasonPortNotMapped: {
			"the mapping says where the SSH server listens; on another port jobs end with connection refused",
			revise(fmt.Sprintf(`add to the container "portMappings": [{"containerPort": %d, "protocol": "tcp"}]`, e.template.SSH.Port)),
		},
		v1alpha1.ReasonNetworkModeNotAwsvpc: {noAddress, revise(`set "networkMode": "awsvpc"`)},
		v1alpha1.ReasonOperatingSystemUnsupported: {
			"a job's scripts are started over SSH with a POSIX shell", revise(`set "runtimePlatform": {"operatingSystemFamily": "LINUX"} and an image for Linux`),
		},
		v1alpha1.ReasonVolumeUnusable:        {noStart, revise("change what the message names")},
		v1alpha1.ReasonPlatformVersionTooOld: {noStart, "remove spec.platformVersion, or set it to 1.4.0"},
		v1alpha1.ReasonRootFilesystemReadOnly: {
			"an SSH server writes its keys, and a job its sources", revise(`set "readonlyRootFilesystem": false in the container`),
		},
		v1alpha1.ReasonFargateIncompatible:   {noStart, revise(`set "requiresCompatibilities": ["FARGATE"], "cpu" and "memory"`)},
		v1alpha1.ReasonSubnetNotFound:        {noStart, fmt.Sprintf("aws ec2 describe-subnets --region %s --query 'Subnets[].[SubnetId,VpcId,CidrBlock]' --output text", e.loc.Region)},
		v1alpha1.ReasonSecurityGroupNotFound: {noStart, fmt.Sprintf("aws ec2 describe-security-groups --region %s --query 'SecurityGroups[].[GroupId,VpcId,GroupName]' --output text", e.loc.Region)},
		v1alpha1.ReasonSeveralVPCs:           {noStart, "keep the subnets and security groups of one VPC"},
	}
	if advice, ok := all[reason]; ok {
		return advice[0], advice[1]
	}
	return noStart, "correct the value that the message names"
}

// strategy returns the options that give a cluster both kinds of Fargate
// capacity, on demand by default.
func (e *examination) strategy() string {
	return " --capacity-providers FARGATE FARGATE_SPOT --default-capacity-provider-strategy capacityProvider=FARGATE,weight=1"
}
