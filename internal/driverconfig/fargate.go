package driverconfig

import "github.com/fargate-operator/fargate-operator/api/v1alpha1"

// Fargate describes the tasks of jobs that run without Kubernetes. It has the
// keys of GitLab's Fargate driver, and more.
type Fargate struct {
	// Cluster is the name or the ARN of the ECS cluster.
	Cluster string `class:"cluster" unset:"required" example:"'test-cluster'"`
	// Region is the AWS Region of the cluster.
	Region string `class:"region" unset:"required" example:"'us-east-2'"`
	// Subnet is the ID of the subnet that tasks start in.
	Subnet string `class:"network.subnets" unset:"required, or Subnets" example:"'subnet-0a1b2c3d4e5f60718'"`
	// Subnets are the IDs of several subnets, at most 16. Jobs are spread over
	// them; if one has no capacity, the next attempt uses another.
	Subnets []string `class:"network.subnets" unset:"required, or Subnet" example:"['subnet-0a1b2c3d4e5f60718', 'subnet-1a2b3c4d5e6f70819']"`
	// SecurityGroup is the ID of the task's security group. It has to allow SSH
	// from the runner.
	SecurityGroup string `class:"network.securityGroups" unset:"the default group of the VPC" example:"'sg-0a1b2c3d4e5f60718'"`
	// SecurityGroups are the IDs of several security groups, at most 5. A task
	// is in all of them.
	SecurityGroups []string `class:"network.securityGroups" unset:"the default group of the VPC" example:"['sg-0a1b2c3d4e5f60718', 'sg-1a2b3c4d5e6f70819']"`
	// TaskDefinition is a family, a family:revision or the ARN of a task
	// definition. A family alone means its latest active revision. It needs a
	// container named ci-coordinator, which runs the SSH server. The flag --task-def wins
	// over it, and so does the CI variable FARGATE_TASK_DEFINITION if Overrides allows it.
	// Neither can take the place of a missing key.
	TaskDefinition string `class:"taskDefinition" unset:"required" example:"'test-task:1'"`
	// PlatformVersion is the Fargate platform version. The flag --platform-version
	// wins over it.
	PlatformVersion string `class:"platformVersion" unset:"LATEST" example:"'1.4.0'"`
	// EnablePublicIP gives a task a public address. It needs a public subnet.
	// Without one the subnet needs a NAT gateway or VPC endpoints.
	EnablePublicIP bool `class:"network.assignPublicIP" unset:"false" example:"true"`
	// UsePublicIP says whether to connect to the public address. If false, the
	// executor connects to the private one even if there is a public one.
	UsePublicIP *bool `class:"network.connectVia" unset:"what EnablePublicIP says" example:"false"`
	// ConnectVia is the address to connect to, instead of UsePublicIP: PrivateIP,
	// PublicIP or IPv6. IPv6 needs subnets with an IPv6 range.
	ConnectVia string `class:"network.connectVia" unset:"what UsePublicIP says" example:"'IPv6'"`
	// EnableExecuteCommand lets people open a shell in the task with ECS Exec.
	EnableExecuteCommand bool `class:"executeCommand" unset:"false" example:"true"`
	// LaunchType is FARGATE or EC2. A task on EXTERNAL instances has no network
	// interface of its own, which a job needs.
	LaunchType string `class:"capacity" unset:"the cluster's default capacity provider strategy decides" example:"'FARGATE'"`
	// CapacityProviderStrategy is a list of capacity providers, instead of
	// LaunchType.
	CapacityProviderStrategy []CapacityProvider `class:"capacity" unset:"the cluster's default capacity provider strategy" example:"[{Provider = 'FARGATE_SPOT', Weight = 3}, {Provider = 'FARGATE', Base = 1, Weight = 1}]"`
	// CPU is the task's size in CPU units, 1024 to a vCPU: 256, 512, 1024, 2048,
	// 4096, 8192 or 16384.
	CPU int `class:"cpu" unset:"the task definition's" example:"1024"`
	// Memory is the task's memory in MiB. Fargate offers only some sizes with
	// each CPU.
	Memory int `class:"memory" unset:"the task definition's" example:"2048"`
	// EphemeralStorage is the task's disk in GiB, from 21 to 200.
	EphemeralStorage int `class:"ephemeralStorageGiB" unset:"the task definition's, otherwise 20" example:"50"`
	// TaskRoleARN is the IAM role that the job's own processes have.
	TaskRoleARN string `class:"taskRoleARN" unset:"the task definition's" example:"'arn:aws:iam::123456789012:role/ci-task'"`
	// ExecutionRoleARN is the IAM role that ECS uses to pull the image and to
	// read secrets.
	ExecutionRoleARN string `class:"executionRoleARN" unset:"the task definition's" example:"'arn:aws:iam::123456789012:role/ci-execution'"`
	// AssumeRoleARN is an IAM role to assume before every call to AWS, for
	// clusters in another account.
	AssumeRoleARN string `class:"assumeRoleARN" unset:"the runner's own identity" example:"'arn:aws:iam::210987654321:role/ci-runner'"`
	// Tags are put on every task, in addition to the tags that identify its
	// job. At most 40.
	Tags map[string]string `class:"tags" unset:"none" example:"{cost-center = 'ci', team = 'build'}"`
}

// CapacityProvider is one entry of a capacity provider strategy.
type CapacityProvider struct {
	// Provider is the name of the capacity provider.
	Provider string `unset:"required" example:"'FARGATE_SPOT'"`
	// Weight is the provider's share of the tasks, from 0 to 1000.
	Weight *int `default:"1" example:"3"`
	// Base is how many tasks use this provider before weights apply. At most one
	// provider can have a base.
	Base *int `unset:"0" example:"1"`
}

// Overrides says what a job may change about its task.
type Overrides struct {
	// TaskDefinitions are the task definitions that FARGATE_TASK_DEFINITION may
	// choose, as patterns in which * stands for any characters and ? for
	// one. A pattern is compared with exactly what the job wrote: a family, a
	// family:revision or an ARN.
	TaskDefinitions []string `class:"allowedOverrides.taskDefinitions" unset:"none" example:"['ci-*', 'ci-*:*']"`
	// PlatformVersions are the platform versions that FARGATE_PLATFORM_VERSION may
	// choose.
	PlatformVersions []string `class:"allowedOverrides.platformVersions" unset:"none" example:"['1.4.0', 'LATEST']"`
	// MaxCPU is the most that FARGATE_CPU may choose, in CPU units.
	MaxCPU int `class:"allowedOverrides.maxCPU" unset:"none" example:"4096"`
	// MaxMemory is the most that FARGATE_MEMORY may choose, in MiB.
	MaxMemory int `class:"allowedOverrides.maxMemory" unset:"none" example:"16384"`
	// MaxEphemeralStorage is the most that FARGATE_EPHEMERAL_STORAGE may choose,
	// in GiB.
	MaxEphemeralStorage int `class:"allowedOverrides.maxEphemeralStorageGiB" unset:"none" example:"100"`
	// TaskClasses are the FargateTaskClasses that FARGATE_TASK_CLASS may choose
	// in addition to the one in Kubernetes.TaskClass, as patterns.
	TaskClasses []string `mode:"kubernetes" unset:"none" example:"['large', 'gpu-*']"`
}

// subnets are the subnets, from whichever key is set.
func (f *Fargate) subnets() []string { return either(f.Subnet, f.Subnets) }

// securityGroups are the security groups, from whichever key is set.
func (f *Fargate) securityGroups() []string { return either(f.SecurityGroup, f.SecurityGroups) }

func either(one string, several []string) []string {
	if one != "" {
		return []string{one}
	}
	return several
}

// connectVia is the address to connect to, from whichever key is set.
func (f *Fargate) connectVia() v1alpha1.AddressKind {
	switch {
	case f.ConnectVia != "":
		return v1alpha1.AddressKind(f.ConnectVia)
	case f.UsePublicIP != nil && *f.UsePublicIP, f.UsePublicIP == nil && f.EnablePublicIP:
		return v1alpha1.PublicIP
	default:
		return v1alpha1.PrivateIP
	}
}
