package lifecycle

import (
	"cmp"
	"slices"
	"strings"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/taskrules"
)

// override applies what the job changes, if the class allows all of it. To ask
// for what the class says already is no change.
func override(template *v1alpha1.TaskTemplate, class *v1alpha1.FargateTaskClass, wanted *v1alpha1.TaskOverrides) error {
	policy := &class.Spec.AllowedOverrides
	for _, text := range []struct {
		field, setBy, rule string
		wanted             string
		allowed            []string
		allows             func(allowed []string, value string) bool
		target             *string
	}{
		{"taskDefinition", taskrules.TaskDefinitionVariable + " or --task-def", "taskDefinitions", wanted.TaskDefinition, policy.TaskDefinitions, taskrules.Matches, &template.TaskDefinition},
		{"platformVersion", taskrules.PlatformVersionVariable + " or --platform-version", "platformVersions", wanted.PlatformVersion, policy.PlatformVersions, slices.Contains[[]string], &template.PlatformVersion},
	} {
		if text.wanted == "" || text.wanted == *text.target {
			continue
		}
		if !text.allows(text.allowed, text.wanted) {
			return refuseText(class, text.field, text.setBy, text.wanted, text.rule, text.allowed)
		}
		*text.target = text.wanted
	}
	for _, size := range []struct {
		field, setBy, rule string
		wanted, most       int32
		target             *int32
	}{
		{"cpu", taskrules.CPUVariable, "maxCPU", wanted.CPU, policy.MaxCPU, &template.CPU},
		{"memory", taskrules.MemoryVariable, "maxMemory", wanted.Memory, policy.MaxMemory, &template.Memory},
		{"ephemeralStorageGiB", taskrules.EphemeralStorageVariable, "maxEphemeralStorageGiB", wanted.EphemeralStorageGiB, policy.MaxEphemeralStorageGiB, &template.EphemeralStorageGiB},
	} {
		if size.wanted == 0 || size.wanted == *size.target {
			continue
		}
		if size.wanted > size.most {
			return refuseSize(class, size.field, size.setBy, size.wanted, size.rule, size.most)
		}
		*size.target = size.wanted
	}
	return nil
}

func refuseText(class *v1alpha1.FargateTaskClass, field, setBy, value, rule string, allowed []string) error {
	owner, rule := ruleOf(class, rule)
	if len(allowed) == 0 {
		return Stallf(v1alpha1.ReasonOverrideRefused, "%s %q (%s) is refused: %s does not let jobs change it (%s is not set)", field, value, setBy, owner, rule)
	}
	return Stallf(v1alpha1.ReasonOverrideRefused, "%s %q (%s) is refused: %s allows only %q (%s)", field, value, setBy, owner, allowed, rule)
}

func refuseSize(class *v1alpha1.FargateTaskClass, field, setBy string, value int32, rule string, most int32) error {
	owner, rule := ruleOf(class, rule)
	if most == 0 {
		return Stallf(v1alpha1.ReasonOverrideRefused, "%s %d (%s) is refused: %s does not let jobs change it (%s is not set)", field, value, setBy, owner, rule)
	}
	return Stallf(v1alpha1.ReasonOverrideRefused, "%s %d (%s) is refused: %s allows at most %d (%s)", field, value, setBy, owner, most, rule)
}

// ruleOf names what holds a rule, and the rule in it. A class without a name is
// no object: fargate.toml describes it.
func ruleOf(class *v1alpha1.FargateTaskClass, rule string) (owner, name string) {
	if class.Name == "" {
		key := strings.TrimSuffix(rule, "GiB")
		return "fargate.toml", "[Overrides] " + strings.ToUpper(key[:1]) + key[1:]
	}
	return "FargateTaskClass " + class.Name, "spec.allowedOverrides." + rule
}

// checkSize refuses a size that Fargate does not offer, if the job had a say in
// it: each of cpu and memory may be allowed, but not both together.
func checkSize(template *v1alpha1.TaskTemplate, definition *ecs.Definition, wanted *v1alpha1.TaskOverrides) error {
	cpu, memory := cmp.Or(template.CPU, definition.CPU), cmp.Or(template.Memory, definition.Memory)
	if wanted.CPU == 0 && wanted.Memory == 0 || !definition.Fargate || memory == 0 {
		return nil
	}
	if err := taskrules.CheckFargateSize(int(cpu), int(memory)); err != nil {
		return Stallf(v1alpha1.ReasonOverrideRefused, "cpu %d%s with memory %d%s is refused, choose both to go together: memory %s",
			cpu, by(wanted.CPU, taskrules.CPUVariable), memory, by(wanted.Memory, taskrules.MemoryVariable), err)
	}
	return nil
}

// by names the CI variable of a size that the job has set.
func by(wanted int32, variable string) string {
	if wanted == 0 {
		return ""
	}
	return " (" + variable + ")"
}
