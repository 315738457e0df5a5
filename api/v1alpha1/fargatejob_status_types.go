package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// FargateJobStatus is the observed state of a FargateJob. The controller alone
// writes it.
// +kubebuilder:validation:MinProperties=1
type FargateJobStatus struct {
	// conditions are Launched, AddressAssigned, Ready and Stopped, and
	// Reconciling and Stalled while they are true.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation that the conditions describe. It is
	// -1 until the controller has seen the object.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"` //nolint:kubeapilinter // never 0: generations begin at 1

	// attempt counts the launches. It is written before the launch that it
	// counts, so that a controller that died in between finds the same task
	// again.
	// +optional
	// +kubebuilder:validation:Minimum=1
	Attempt int32 `json:"attempt,omitempty"`

	// retryTime is when the current attempt may begin, after no placement had
	// capacity.
	// +optional
	RetryTime *metav1.Time `json:"retryTime,omitempty"`

	// readyTime is when a client could first connect to the task.
	// +optional
	ReadyTime *metav1.Time `json:"readyTime,omitempty"`

	// resolved is the class with the job's overrides as it was at the first
	// launch, and what its task definition says.
	// +optional
	Resolved *ResolvedTask `json:"resolved,omitzero"` //nolint:kubeapilinter // nil before the first launch, which code asks for

	// task is the task as ECS last described it.
	// +optional
	Task *TaskStatus `json:"task,omitzero"` //nolint:kubeapilinter // nil without a task, which code asks for

	// address is how to reach the task.
	// +optional
	Address *TaskAddress `json:"address,omitempty"`
}

// ResolvedTask is what every attempt of a job launches, even if its class
// changes: its taskDefinition is the ARN of one revision.
type ResolvedTask struct {
	TaskTemplate `json:",inline"`

	// healthCheck is Enabled if the task definition gives the container a
	// health check, which must then pass before the job is ready.
	// +optional
	HealthCheck Toggle `json:"healthCheck,omitempty"`
}

// TaskStatus is an ECS task as DescribeTasks shows it.
type TaskStatus struct {
	// arn of the task.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	ARN string `json:"arn,omitempty"`

	// lastStatus is the task's state: PROVISIONING, PENDING, ACTIVATING,
	// RUNNING, DEACTIVATING, STOPPING, DEPROVISIONING or STOPPED.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	LastStatus string `json:"lastStatus,omitempty"`

	// desiredStatus is RUNNING or STOPPED.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	DesiredStatus string `json:"desiredStatus,omitempty"`

	// capacity is the capacity provider, or the launch type if there is none.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Capacity string `json:"capacity,omitempty"`

	// availabilityZone is where the task runs.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	AvailabilityZone string `json:"availabilityZone,omitempty"`

	// creationTime is when ECS accepted the task.
	// +optional
	CreationTime *metav1.Time `json:"creationTime,omitempty"`

	// pullStartTime is when the image pull began.
	// +optional
	PullStartTime *metav1.Time `json:"pullStartTime,omitempty"`

	// pullStopTime is when the image pull ended.
	// +optional
	PullStopTime *metav1.Time `json:"pullStopTime,omitempty"`

	// startTime is when the task became RUNNING.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`

	// stopTime is when the task became STOPPED.
	// +optional
	StopTime *metav1.Time `json:"stopTime,omitempty"`

	// stopCode is ECS's code for the stop, for example
	// EssentialContainerExited.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	StopCode string `json:"stopCode,omitempty"`

	// stoppedReason is ECS's description of the stop.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	StoppedReason string `json:"stoppedReason,omitempty"`

	// containers are the containers of the task: at most ten from its task
	// definition, and those that AWS adds, such as GuardDuty's agents.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=20
	Containers []ContainerStatus `json:"containers,omitempty"`
}

// ContainerStatus is one container of a task.
type ContainerStatus struct {
	// name of the container in the task definition.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Name string `json:"name,omitempty"`

	// healthStatus is HEALTHY or UNHEALTHY, or not set while ECS does not
	// know.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	HealthStatus string `json:"healthStatus,omitempty"`

	// exitCode is the exit code of a container that ended.
	// +optional
	ExitCode *int32 `json:"exitCode,omitempty"`

	// reason is ECS's description of the container's end.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Reason string `json:"reason,omitempty"`
}

// TaskAddress is how to reach a task.
type TaskAddress struct {
	// privateIP is the task's IPv4 address in its subnet.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=15
	PrivateIP string `json:"privateIP,omitempty"`

	// publicIP is the task's public IPv4 address.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=15
	PublicIP string `json:"publicIP,omitempty"`

	// ipv6 is the task's IPv6 address.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=45
	IPv6 string `json:"ipv6,omitempty"`

	// host is the address to connect to, the one of the above that the class's
	// connectVia names.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=45
	Host string `json:"host,omitempty"`

	// port is where the SSH server listens.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Port int32 `json:"port,omitempty"`

	// username is the user to log in as.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	Username string `json:"username,omitempty"`
}
