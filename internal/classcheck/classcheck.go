// Package classcheck looks up in AWS what a template's tasks depend on, and
// judges whether they can run. The controller puts the outcome into the
// conditions of a FargateTaskClass, the doctor shows it to people.
package classcheck

import "github.com/fargate-operator/fargate-operator/api/v1alpha1"

// checks are all checks, by the condition that reports them. They only judge
// what was found and call nothing.
var checks = []struct {
	condition string
	check     func(*v1alpha1.TaskTemplate, *Findings) Outcome
}{
	{v1alpha1.ConditionClusterActive, checkCluster},
	{v1alpha1.ConditionCapacityDefined, checkCapacity},
	{v1alpha1.ConditionTaskDefinitionUsable, checkTaskDefinition},
	{v1alpha1.ConditionNetworkUsable, checkNetwork},
}

// Judge runs all checks, in order.
func Judge(template *v1alpha1.TaskTemplate, f *Findings) []Outcome {
	outcomes := make([]Outcome, len(checks))
	for i, c := range checks {
		outcomes[i] = c.check(template, f)
		outcomes[i].Condition = c.condition
	}
	return outcomes
}
