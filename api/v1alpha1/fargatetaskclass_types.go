package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// FargateTaskClass holds the defaults for the tasks that CI jobs run in, and
// says what a job may change. A platform team keeps it in Git. A change applies
// to jobs created after it; running jobs keep what they started with.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ftc,categories=ci
// +kubebuilder:printcolumn:name="Region",type=string,JSONPath=`.spec.region`
// +kubebuilder:printcolumn:name="Cluster",type=string,JSONPath=`.spec.cluster`
// +kubebuilder:printcolumn:name="Task Definition",type=string,JSONPath=`.spec.taskDefinition`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type FargateTaskClass struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the object's standard metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec is what the platform team wants.
	// +required
	Spec FargateTaskClassSpec `json:"spec,omitzero"`

	// status is what the controller found out about the class.
	// +optional
	// +default={"observedGeneration":-1}
	Status FargateTaskClassStatus `json:"status,omitzero"`
}

// FargateTaskClassSpec is the desired state of a FargateTaskClass. What can
// never work is refused; what depends on AWS is checked by the controller. The
// pairs of cpu and memory are those of "Task size" in the ECS developer guide,
// and apply unless every placement is outside Fargate.
// +kubebuilder:validation:XValidation:rule="!has(self.memory) || (has(self.capacity) && !self.capacity.exists(p, has(p.launchType) ? p.launchType == 'FARGATE' : has(p.strategy) && p.strategy.exists(s, s.provider in ['FARGATE', 'FARGATE_SPOT']))) || [[256, 512, 512, 1], [256, 1024, 2048, 1024], [512, 1024, 4096, 1024], [1024, 2048, 8192, 1024], [2048, 4096, 16384, 1024], [4096, 8192, 30720, 1024], [8192, 16384, 61440, 4096], [16384, 32768, 122880, 8192]].exists(r, (!has(self.cpu) || self.cpu == r[0]) && self.memory >= r[1] && self.memory <= r[2] && (self.memory - r[1]) % r[3] == 0)",message="Fargate does not offer this memory with this cpu: cpu 256 goes with 512, 1024 or 2048; in steps of 1024, 512 goes with 1024 to 4096, 1024 with 2048 to 8192, 2048 with 4096 to 16384, 4096 with 8192 to 30720; 8192 goes with 16384 to 61440 in steps of 4096, 16384 with 32768 to 122880 in steps of 8192"
// +kubebuilder:validation:XValidation:rule="!has(self.cpu) || !has(self.allowedOverrides) || !has(self.allowedOverrides.maxCPU) || self.allowedOverrides.maxCPU >= self.cpu",message="allowedOverrides.maxCPU is below cpu: raise it or lower cpu"
// +kubebuilder:validation:XValidation:rule="!has(self.memory) || !has(self.allowedOverrides) || !has(self.allowedOverrides.maxMemory) || self.allowedOverrides.maxMemory >= self.memory",message="allowedOverrides.maxMemory is below memory: raise it or lower memory"
// +kubebuilder:validation:XValidation:rule="!has(self.ephemeralStorageGiB) || !has(self.allowedOverrides) || !has(self.allowedOverrides.maxEphemeralStorageGiB) || self.allowedOverrides.maxEphemeralStorageGiB >= self.ephemeralStorageGiB",message="allowedOverrides.maxEphemeralStorageGiB is below ephemeralStorageGiB: raise it or lower ephemeralStorageGiB"
// +kubebuilder:validation:XValidation:rule="!self.cluster.startsWith('arn:') || self.cluster.split(':')[3] == self.region",message="the ARN in cluster names another region: correct region or cluster"
// +kubebuilder:validation:XValidation:rule="!self.taskDefinition.startsWith('arn:') || self.taskDefinition.split(':')[3] == self.region",message="the ARN in taskDefinition names another region: correct region or taskDefinition"
// +kubebuilder:validation:XValidation:rule="!has(self.capacity) || !has(self.network.assignPublicIP) || self.network.assignPublicIP != 'Enabled' || !self.capacity.exists(p, has(p.launchType) && p.launchType == 'EC2')",message="a task of launchType EC2 cannot have a public address: set network.assignPublicIP to Disabled, or use FARGATE"
// +kubebuilder:validation:XValidation:rule="!has(self.capacity) || !(has(self.platformVersion) || has(self.ephemeralStorageGiB)) || !self.capacity.exists(p, (has(p.launchType) ? p.launchType != 'FARGATE' : has(p.strategy) && p.strategy.exists(s, !(s.provider in ['FARGATE', 'FARGATE_SPOT']))))",message="only Fargate has platformVersion and ephemeralStorageGiB: remove them, or the placements outside Fargate"
// +kubebuilder:validation:XValidation:rule="!has(self.capacity) || !has(self.allowedOverrides) || !(has(self.allowedOverrides.platformVersions) || has(self.allowedOverrides.maxEphemeralStorageGiB)) || !self.capacity.all(p, (has(p.launchType) ? p.launchType != 'FARGATE' : has(p.strategy) && p.strategy.exists(s, !(s.provider in ['FARGATE', 'FARGATE_SPOT']))))",message="only Fargate has what allowedOverrides.platformVersions and allowedOverrides.maxEphemeralStorageGiB allow: remove them, or add a placement on Fargate"
type FargateTaskClassSpec struct {
	TaskTemplate `json:",inline"`

	// allowedOverrides says what a job may change. What is not listed is refused.
	// +optional
	AllowedOverrides OverridePolicy `json:"allowedOverrides,omitzero"`
}

// OverridePolicy limits which values of its class a job may change. An empty
// policy refuses every override.
// +kubebuilder:validation:MinProperties=1
type OverridePolicy struct {
	// taskDefinitions are the task definitions a job may choose, as patterns in
	// which * stands for any characters and ? for one, for example ci-*:*. A
	// pattern is matched against what the job wrote: a family, a
	// family:revision or an ARN.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=512
	TaskDefinitions []string `json:"taskDefinitions,omitempty"`

	// platformVersions are the Fargate platform versions a job may choose, each
	// in full: patterns do not work here.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=16
	// +kubebuilder:validation:items:Pattern=`^(LATEST|[0-9]+\.[0-9]+\.[0-9]+)$`
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
	// conditions are Ready, one for each check against AWS, and Reconciling and
	// Stalled while they are true.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation that the conditions describe. It is
	// -1 until the controller has seen the object.
	// +optional
	// +kubebuilder:validation:Minimum=-1
	ObservedGeneration int64 `json:"observedGeneration,omitempty"` //nolint:kubeapilinter // never 0: generations begin at 1
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
