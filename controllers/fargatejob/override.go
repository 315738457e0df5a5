package fargatejob

import (
	"path"
	"slices"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// override applies what the job changes, if the class allows all of it.
func override(template *v1alpha1.TaskTemplate, class *v1alpha1.FargateTaskClass, wanted *v1alpha1.TaskOverrides) error {
	policy := &class.Spec.Overrides
	if wanted.TaskDefinition != "" {
		if !matchesAny(policy.TaskDefinitions, wanted.TaskDefinition) {
			return refuseValue(class, "taskDefinition", wanted.TaskDefinition, "taskDefinitions", policy.TaskDefinitions)
		}
		template.TaskDefinition = wanted.TaskDefinition
	}
	if wanted.PlatformVersion != "" {
		if !slices.Contains(policy.PlatformVersions, wanted.PlatformVersion) {
			return refuseValue(class, "platformVersion", wanted.PlatformVersion, "platformVersions", policy.PlatformVersions)
		}
		template.PlatformVersion = wanted.PlatformVersion
	}
	for _, size := range []struct {
		field, limit string
		wanted, most int32
		target       *int32
	}{
		{"cpu", "maxCPU", wanted.CPU, policy.MaxCPU, &template.CPU},
		{"memory", "maxMemory", wanted.Memory, policy.MaxMemory, &template.Memory},
		{"ephemeralStorageGiB", "maxEphemeralStorageGiB", wanted.EphemeralStorageGiB, policy.MaxEphemeralStorageGiB, &template.EphemeralStorageGiB},
	} {
		switch {
		case size.wanted == 0:
		case size.most == 0:
			return stallf(v1alpha1.ReasonOverrideRefused,
				"%s %d is refused: FargateTaskClass %s does not let jobs change it (spec.overrides.%s is not set)", size.field, size.wanted, class.Name, size.limit)
		case size.wanted > size.most:
			return stallf(v1alpha1.ReasonOverrideRefused,
				"%s %d is refused: FargateTaskClass %s allows at most %d (spec.overrides.%s)", size.field, size.wanted, class.Name, size.most, size.limit)
		default:
			*size.target = size.wanted
		}
	}
	return nil
}

func refuseValue(class *v1alpha1.FargateTaskClass, field, value, rule string, allowed []string) error {
	if len(allowed) == 0 {
		return stallf(v1alpha1.ReasonOverrideRefused,
			"%s %q is refused: FargateTaskClass %s does not let jobs change it (spec.overrides.%s is not set)", field, value, class.Name, rule)
	}
	return stallf(v1alpha1.ReasonOverrideRefused,
		"%s %q is refused: FargateTaskClass %s allows only %q (spec.overrides.%s)", field, value, class.Name, allowed, rule)
}

// matchesAny matches shell patterns; * stops at '/' only, which a task
// definition has in ARNs alone.
func matchesAny(patterns []string, value string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(pattern, value)
		return err == nil && ok
	})
}
