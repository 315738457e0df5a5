package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// FargateTaskClass holds the defaults of the tasks that CI jobs run in, and
// what a job may change of them. A platform team keeps it in Git. A change
// holds for jobs created after it; running jobs keep what they started with.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ftc,categories=ci
// +kubebuilder:printcolumn:name="Region",type=string,JSONPath=`.spec.region`
// +kubebuilder:printcolumn:name="Cluster",type=string,JSONPath=`.spec.cluster`
// +kubebuilder:printcolumn:name="Task Definition",type=string,JSONPath=`.spec.taskDefinition`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type FargateTaskClass struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the object's standard metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is what the platform team wants.
	// +required
	Spec FargateTaskClassSpec `json:"spec,omitzero"`

	// status is what the controller found out about it.
	// +optional
	Status FargateTaskClassStatus `json:"status,omitzero"`
}

// FargateTaskClassSpec is the desired state of a FargateTaskClass.
type FargateTaskClassSpec struct {
	TaskTemplate `json:",inline"`

	// overrides says what a job may change. What is not listed is refused.
	// +optional
	Overrides OverridePolicy `json:"overrides,omitzero"`
}

// OverridePolicy limits what a job may change of its class. An empty policy
// refuses every override.
// +kubebuilder:validation:MinProperties=1
type OverridePolicy struct {
	// taskDefinitions are the task definitions a job may choose, as shell
	// patterns in which * stands for any characters and ? for one, for
	// example ci-*:*. A pattern is matched against what the job wrote, be it
	// a family, a family:revision or an ARN.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=512
	TaskDefinitions []string `json:"taskDefinitions,omitempty"`

	// platformVersions are the Fargate platform versions a job may choose.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=16
	PlatformVersions []string `json:"platformVersions,omitempty"`

	// maxCPU is the largest cpu a job may choose, in CPU units.
	// +optional
	// +kubebuilder:validation:Enum=256;512;1024;2048;4096;8192;16384
	// +kubebuilder:validation:Minimum=256
	MaxCPU int32 `json:"maxCPU,omitempty"`

	// maxMemory is the largest memory a job may choose, in MiB.
	// +optional
	// +kubebuilder:validation:Minimum=512
	// +kubebuilder:validation:Maximum=122880
	MaxMemory int32 `json:"maxMemory,omitempty"`

	// maxEphemeralStorageGiB is the largest disk a job may choose, in GiB.
	// +optional
	// +kubebuilder:validation:Minimum=21
	// +kubebuilder:validation:Maximum=200
	MaxEphemeralStorageGiB int32 `json:"maxEphemeralStorageGiB,omitempty"`
}

// FargateTaskClassStatus is the observed state of a FargateTaskClass.
// +kubebuilder:validation:MinProperties=1
type FargateTaskClassStatus struct {
	// conditions are Ready and one for each check against AWS.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation that the conditions speak of.
	// +optional
	// +kubebuilder:validation:Minimum=1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
}

// FargateTaskClassList is a list of FargateTaskClass.
// +kubebuilder:object:root=true
type FargateTaskClassList struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the list's standard metadata.
	// +optional
	metav1.ListMeta `json:"metadata,omitzero"`

	// items are the classes.
	Items []FargateTaskClass `json:"items"`
}
