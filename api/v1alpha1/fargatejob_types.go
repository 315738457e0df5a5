package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// FargateJob is the ECS task of one CI job: the executor writes what it wants
// into spec, the controller launches the task and writes the truth about it
// into status. Deleting the object stops the task.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=fj,categories=ci
// +kubebuilder:printcolumn:name="Class",type=string,JSONPath=`.spec.classRef.name`
// +kubebuilder:printcolumn:name="Project",type=string,JSONPath=`.spec.job.projectPath`
// +kubebuilder:printcolumn:name="Job",type=string,JSONPath=`.spec.job.name`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Address",type=string,JSONPath=`.status.address.host`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Task",type=string,priority=1,JSONPath=`.status.task.arn`
// +kubebuilder:printcolumn:name="Zone",type=string,priority=1,JSONPath=`.status.task.availabilityZone`
// +kubebuilder:printcolumn:name="Capacity",type=string,priority=1,JSONPath=`.status.task.capacity`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type FargateJob struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the object's standard metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is the desired task. It cannot be changed.
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="spec is immutable: delete the FargateJob and create another"
	Spec FargateJobSpec `json:"spec,omitzero"`

	// status is what the controller did and saw: the task, its address, and
	// what keeps it from being ready.
	// +optional
	// +default={"observedGeneration":-1}
	Status FargateJobStatus `json:"status,omitzero"`
}

// FargateJobSpec is the desired state of a FargateJob.
type FargateJobSpec struct {
	// classRef names the FargateTaskClass of the task, in the same namespace.
	// +optional
	// +default={"name":"default"}
	ClassRef ClassReference `json:"classRef,omitzero"`

	// sshPublicKey is the ed25519, RSA or ECDSA key that the task's SSH server
	// must accept, as one line of an authorized_keys file without options. The
	// private key stays with the runner.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4096
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/]+={0,2}( [^\\r\\n]*)?$')",message="must be one line of an authorized_keys file without options, with an ed25519, RSA or ECDSA key"
	SSHPublicKey string `json:"sshPublicKey,omitempty"`

	// overrides are the values of its class that the job changes, within the
	// class's allowedOverrides.
	// +optional
	Overrides TaskOverrides `json:"overrides,omitzero"`

	// job tells people which CI job this is, and tags the task for
	// chargeback.
	// +optional
	Job JobIdentity `json:"job,omitzero"`

	// activeDeadlineSeconds limits the task's life, counted from the object's
	// creation. After it the task is stopped, so that a job whose executor died
	// also ends. Unset means no limit.
	// +optional
	// +kubebuilder:validation:Minimum=60
	// +kubebuilder:validation:Maximum=2678400
	ActiveDeadlineSeconds int32 `json:"activeDeadlineSeconds,omitempty"`

	// ttlSecondsAfterStalled is how long the object is kept for people to read
	// once its task has ended by itself or could not be launched. The default
	// is how long ECS itself shows a stopped task.
	// +optional
	// +default=3600
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=2678400
	TTLSecondsAfterStalled *int32 `json:"ttlSecondsAfterStalled,omitempty"`
}

// ClassReference names a FargateTaskClass in the job's namespace.
// +kubebuilder:validation:MinProperties=1
type ClassReference struct {
	// name of the FargateTaskClass.
	// +optional
	// +default="default"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	Name string `json:"name,omitempty"`
}

// TaskOverrides are the values of its class that one job changes.
// +kubebuilder:validation:MinProperties=1
type TaskOverrides struct {
	// taskDefinition replaces the class's.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^(arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:task-definition/)?[A-Za-z0-9_-]+(:[0-9]+)?$`
	TaskDefinition string `json:"taskDefinition,omitempty"`

	// platformVersion replaces the class's.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:Pattern=`^(LATEST|[0-9]+\.[0-9]+\.[0-9]+)$`
	PlatformVersion string `json:"platformVersion,omitempty"`

	// cpu replaces the class's, in CPU units, 1024 to a vCPU.
	// +optional
	// +kubebuilder:validation:Enum=256;512;1024;2048;4096;8192;16384
	// +kubebuilder:validation:Minimum=256
	CPU int32 `json:"cpu,omitempty"`

	// memory replaces the class's, in MiB.
	// +optional
	// +kubebuilder:validation:Minimum=512
	// +kubebuilder:validation:Maximum=122880
	Memory int32 `json:"memory,omitempty"`

	// ephemeralStorageGiB replaces the class's.
	// +optional
	// +kubebuilder:validation:Minimum=21
	// +kubebuilder:validation:Maximum=200
	EphemeralStorageGiB int32 `json:"ephemeralStorageGiB,omitempty"`
}

// JobIdentity identifies a CI job to people. It never holds a variable, a
// token or a private key.
// +kubebuilder:validation:MinProperties=1
type JobIdentity struct {
	// runner is the short token of the runner that took the job.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Runner string `json:"runner,omitempty"`

	// projectPath is the path of the project with its namespace.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	ProjectPath string `json:"projectPath,omitempty"`

	// projectID is the number of the project.
	// +optional
	// +kubebuilder:validation:Minimum=1
	ProjectID int64 `json:"projectID,omitempty"`

	// pipelineID is the number of the pipeline.
	// +optional
	// +kubebuilder:validation:Minimum=1
	PipelineID int64 `json:"pipelineID,omitempty"`

	// id is the number of the job.
	// +optional
	// +kubebuilder:validation:Minimum=1
	ID int64 `json:"id,omitempty"`

	// name of the job as the pipeline gives it.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=255
	Name string `json:"name,omitempty"`

	// url of the job's page.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^https?://[^@\s]+$`
	URL string `json:"url,omitempty"`

	// ref is the branch or tag that the job builds.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Ref string `json:"ref,omitempty"`
}

// FargateJobList is a list of FargateJob.
// +kubebuilder:object:root=true
type FargateJobList struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the list's standard metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`

	// items are the jobs.
	Items []FargateJob `json:"items"`
}
