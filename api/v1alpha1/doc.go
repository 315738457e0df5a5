// Package v1alpha1 is the API of Fargate Operator: FargateJob, the desired ECS
// task of one CI job, and FargateTaskClass, the defaults and limits that a
// platform team keeps for such tasks. It holds types and names only, no
// behavior.
//
// +kubebuilder:object:generate=true
// +groupName=ci.fargate-operator.dev
package v1alpha1
