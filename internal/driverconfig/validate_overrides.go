package driverconfig

import (
	"github.com/fargate-operator/fargate-operator/internal/taskrules"
)

// The longest lists that a FargateTaskClass accepts, so that every file can be
// turned into a class.
const (
	maxPatterns = 64
	maxVersions = 16
)

// validateLimits checks what jobs without Kubernetes may change.
func validateLimits(r *report, c *Config) {
	o := &c.Overrides
	validatePatterns(r, []string{"Overrides", "TaskDefinitions"}, o.TaskDefinitions)
	versions := []string{"Overrides", "PlatformVersions"}
	for i, version := range o.PlatformVersions {
		r.check(taskrules.PlatformVersion.Check(version), element(versions, i)...)
	}
	if len(o.PlatformVersions) > maxVersions {
		r.add(versions, "must have at most %d entries, not %d", maxVersions, len(o.PlatformVersions))
	}
	if !c.Fargate.OnFargate() {
		reportFargateOnly(r, versions, len(o.PlatformVersions) > 0)
		reportFargateOnly(r, []string{"Overrides", "MaxEphemeralStorage"}, o.MaxEphemeralStorage != 0)
	}
	for _, size := range []struct {
		name     string
		most     int
		check    func(int) error
		own      string
		ownValue int
	}{
		{"MaxCPU", o.MaxCPU, taskrules.CheckCPU, "CPU", c.Fargate.CPU},
		{"MaxMemory", o.MaxMemory, taskrules.CheckMemory, "Memory", c.Fargate.Memory},
		{"MaxEphemeralStorage", o.MaxEphemeralStorage, taskrules.CheckEphemeralStorage, "EphemeralStorage", c.Fargate.EphemeralStorage},
	} {
		if size.most == 0 {
			continue
		}
		r.check(size.check(size.most), "Overrides", size.name)
		if size.most < size.ownValue {
			r.add([]string{"Overrides", size.name}, "%d is below Fargate.%s, which is %d: raise it or lower that", size.most, size.own, size.ownValue)
		}
	}
}

// validatePatterns checks patterns, which may contain any characters.
func validatePatterns(r *report, key, patterns []string) {
	for i, pattern := range patterns {
		if pattern == "" {
			r.add(element(key, i), "must not be empty: write a name, or a pattern such as ci-*")
		}
	}
	if len(patterns) > maxPatterns {
		r.add(key, "must have at most %d entries, not %d", maxPatterns, len(patterns))
	}
}
