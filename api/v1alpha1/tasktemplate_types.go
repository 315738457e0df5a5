package v1alpha1

// TaskTemplate is everything that a launch needs to know apart from the job
// itself: where the task runs, what it runs and how to connect to it. A
// FargateTaskClass holds it as the platform team wrote it; a FargateJob's
// status holds it as it was at the first launch.
type TaskTemplate struct {
	// region is the AWS Region of the cluster, for example eu-central-1.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`
	Region string `json:"region,omitempty"`

	// cluster is the name or the ARN of the ECS cluster.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^(arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:cluster/)?[A-Za-z0-9_-]+$`
	Cluster string `json:"cluster,omitempty"`

	// taskDefinition is a family, a family:revision or the ARN of one. A
	// family alone means its latest active revision at the job's launch.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^(arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:task-definition/)?[A-Za-z0-9_-]+(:[0-9]+)?$`
	TaskDefinition string `json:"taskDefinition,omitempty"`

	// containerName is the container of the task definition that runs the SSH
	// server and receives the environment variable SSH_PUBLIC_KEY.
	// +optional
	// +default="ci-coordinator"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_-]+$`
	ContainerName string `json:"containerName,omitempty"`

	// network places the task and says which of its addresses to connect to.
	// +required
	Network Network `json:"network,omitzero"`

	// capacity lists the placements to try, first to last: when ECS has no
	// capacity for one, the next attempt uses the next. Empty means the
	// cluster's default capacity provider strategy.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	Capacity []Placement `json:"capacity,omitempty"` //nolint:kubeapilinter // a union: its CEL rule demands one of two

	// platformVersion is the Fargate platform version, for example 1.4.0. Unset
	// means LATEST.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:Pattern=`^(LATEST|[0-9]+\.[0-9]+\.[0-9]+)$`
	PlatformVersion string `json:"platformVersion,omitempty"`

	// cpu is the task's size in CPU units, 1024 to a vCPU. Unset means what the
	// task definition says. Fargate supports only some pairs of cpu and memory.
	// +optional
	// +kubebuilder:validation:Enum=256;512;1024;2048;4096;8192;16384
	// +kubebuilder:validation:Minimum=256
	CPU int32 `json:"cpu,omitempty"`

	// memory is the task's memory in MiB. Unset means what the task definition
	// says.
	// +optional
	// +kubebuilder:validation:Minimum=512
	// +kubebuilder:validation:Maximum=122880
	Memory int32 `json:"memory,omitempty"`

	// ephemeralStorageGiB is the task's disk in GiB. Unset means what the task
	// definition says, and without that Fargate's own 20 GiB.
	// +optional
	// +kubebuilder:validation:Minimum=21
	// +kubebuilder:validation:Maximum=200
	EphemeralStorageGiB int32 `json:"ephemeralStorageGiB,omitempty"`

	// taskRoleARN is the IAM role that the job's own processes assume. Unset
	// means the task definition's.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$`
	TaskRoleARN string `json:"taskRoleARN,omitempty"`

	// executionRoleARN is the IAM role that ECS uses to pull the image and to
	// read secrets. Unset means the task definition's.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$`
	ExecutionRoleARN string `json:"executionRoleARN,omitempty"`

	// tags are put on every task, in addition to the ones that identify the
	// job. AWS allows 50 in all; ten are reserved for those.
	// +optional
	// +listType=map
	// +listMapKey=key
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=40
	Tags []Tag `json:"tags,omitempty"`

	// executeCommand lets people open a shell in the task with ECS Exec.
	// +optional
	// +default="Disabled"
	ExecuteCommand Toggle `json:"executeCommand,omitempty"`

	// ssh says how to log in to the task.
	// +optional
	// +default={"username":"root","port":22}
	SSH SSHServer `json:"ssh,omitzero"`

	// launchDeadlineSeconds limits the time from the job's creation until a
	// client can connect to its task, across all attempts. After it the task is
	// stopped and the job is stalled.
	// +optional
	// +default=600
	// +kubebuilder:validation:Minimum=10
	// +kubebuilder:validation:Maximum=3600
	LaunchDeadlineSeconds int32 `json:"launchDeadlineSeconds,omitempty"`

	// assumeRoleARN is an IAM role to assume before every call for tasks of
	// this class, for clusters in another account. Unset means the controller's
	// own identity.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$`
	AssumeRoleARN string `json:"assumeRoleARN,omitempty"`
}

// Toggle says whether something is on.
// +kubebuilder:validation:Enum=Enabled;Disabled
type Toggle string

// The values of Toggle.
const (
	Enabled  Toggle = "Enabled"
	Disabled Toggle = "Disabled"
)

// AddressKind names one of a task's addresses.
// +kubebuilder:validation:Enum=PrivateIP;PublicIP;IPv6
type AddressKind string

// The values of AddressKind.
const (
	PrivateIP AddressKind = "PrivateIP"
	PublicIP  AddressKind = "PublicIP"
	IPv6      AddressKind = "IPv6"
)

// Network is the awsvpc configuration of a task.
// +kubebuilder:validation:XValidation:rule="self.connectVia != 'PublicIP' || self.assignPublicIP == 'Enabled'",message="connectVia PublicIP needs assignPublicIP Enabled"
type Network struct {
	// subnets are the subnet ids to choose from, at most 16. Each attempt to
	// launch uses one of them.
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=64
	// +kubebuilder:validation:items:Pattern=`^subnet-[A-Za-z0-9-]+$`
	Subnets []string `json:"subnets,omitempty"`

	// securityGroups are the security group ids of the task, at most 5. Empty
	// means the default group of the VPC. They must admit SSH from the runner.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=5
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=64
	// +kubebuilder:validation:items:Pattern=`^sg-[A-Za-z0-9-]+$`
	SecurityGroups []string `json:"securityGroups,omitempty"`

	// assignPublicIP gives the task a public address. It needs public subnets.
	// Without one, the subnets need a NAT gateway or VPC endpoints for the
	// image to be pulled.
	// +optional
	// +default="Disabled"
	AssignPublicIP Toggle `json:"assignPublicIP,omitempty"`

	// connectVia is the address that the executor connects to. PrivateIP needs
	// a route from the runner to the subnets, PublicIP needs assignPublicIP,
	// IPv6 needs subnets with an IPv6 range.
	// +optional
	// +default="PrivateIP"
	ConnectVia AddressKind `json:"connectVia,omitempty"`
}

// Placement is one way to get capacity: either a launch type or a capacity
// provider strategy.
// +kubebuilder:validation:XValidation:rule="has(self.launchType) != has(self.strategy)",message="exactly one of launchType and strategy is needed"
type Placement struct {
	// launchType is FARGATE or EC2. A task on EXTERNAL instances has no network
	// interface of its own, which a job needs.
	// +optional
	// +kubebuilder:validation:Enum=FARGATE;EC2
	LaunchType string `json:"launchType,omitempty"`

	// strategy is a capacity provider strategy, for example FARGATE_SPOT
	// alone.
	// +optional
	// +listType=map
	// +listMapKey=provider
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:XValidation:rule="self.size() == 1 || self.exists(s, s.weight > 0)",message="with several providers, at least one must have a weight above 0"
	// +kubebuilder:validation:XValidation:rule="self.filter(s, has(s.base) && s.base > 0).size() < 2",message="at most one provider can have a base"
	// +kubebuilder:validation:XValidation:rule="self.filter(s, s.provider in ['FARGATE', 'FARGATE_SPOT']).size() in [0, self.size()]",message="FARGATE and FARGATE_SPOT cannot be in one strategy with other providers: give those their own placement"
	Strategy []CapacityProvider `json:"strategy,omitempty"`
}

// CapacityProvider is one entry of a capacity provider strategy.
type CapacityProvider struct {
	// provider is the name of the capacity provider, for example FARGATE or
	// FARGATE_SPOT.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Provider string `json:"provider,omitempty"`

	// base is how many tasks use this provider before weights count.
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000
	Base *int32 `json:"base,omitempty"`

	// weight is the provider's share of the tasks. With 0 it has no share.
	// +optional
	// +default=1
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	Weight *int32 `json:"weight,omitempty"`
}

// Tag is an AWS tag.
type Tag struct {
	// key is the tag's name. The prefix aws: is reserved by AWS, and
	// ci.fargate-operator.dev/ is for the tags that every task has.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$`
	// +kubebuilder:validation:XValidation:rule="!self.lowerAscii().startsWith('aws:')",message="the prefix aws: is reserved by AWS"
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('ci.fargate-operator.dev/')",message="the prefix ci.fargate-operator.dev/ is for the tags that every task has"
	Key string `json:"key,omitempty"`

	// value is the tag's value and may be empty. The prefix aws: is reserved by
	// AWS.
	// +optional
	// +kubebuilder:validation:MinLength=0
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:Pattern=`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`
	// +kubebuilder:validation:XValidation:rule="!self.lowerAscii().startsWith('aws:')",message="the prefix aws: is reserved by AWS"
	Value *string `json:"value,omitempty"`
}

// SSHServer says how to log in to the SSH server of a task.
// +kubebuilder:validation:MinProperties=1
type SSHServer struct {
	// username is the user to log in as.
	// +optional
	// +default="root"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^[a-z_][a-z0-9_.-]*$`
	Username string `json:"username,omitempty"`

	// port is where the SSH server listens.
	// +optional
	// +default=22
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`

	// keyType is the type of the keys that jobs log in with, for servers that do
	// not accept Ed25519, such as those in FIPS mode. Unset means Ed25519. KeyType in
	// the section [SSH] of a runner's fargate.toml wins over it.
	// +optional
	KeyType KeyType `json:"keyType,omitempty"`
}

// KeyType is a type of SSH keys.
// +kubebuilder:validation:Enum=Ed25519;ECDSA;RSA
type KeyType string

// The values of KeyType. ECDSA keys are on the curve P-256, RSA keys have 3,072
// bits: NIST SP 800-57 counts both as strong as Ed25519.
const (
	KeyTypeEd25519 KeyType = "Ed25519"
	KeyTypeECDSA   KeyType = "ECDSA"
	KeyTypeRSA     KeyType = "RSA"
)
