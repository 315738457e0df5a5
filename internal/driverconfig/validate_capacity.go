package driverconfig

import "slices"

// The bounds of a capacity provider strategy in ECS.
const (
	maxProviders    = 20
	maxProviderName = 255
	maxWeight       = 1000
	maxBase         = 100000
)

// fargateProviders are the capacity providers that AWS provides.
var fargateProviders = []string{"FARGATE", "FARGATE_SPOT"}

// OnFargate is true unless the tasks certainly run elsewhere. A cluster's
// default strategy is assumed to use Fargate.
func (f *Fargate) OnFargate() bool {
	if f.LaunchType != "" {
		return f.LaunchType == "FARGATE"
	}
	return len(f.CapacityProviderStrategy) == 0 || slices.ContainsFunc(f.CapacityProviderStrategy, ofFargate)
}

func ofFargate(p CapacityProvider) bool { return slices.Contains(fargateProviders, p.Provider) }

func validateCapacity(r *report, f *Fargate) {
	strategy := f.CapacityProviderStrategy
	key := []string{"Fargate", "CapacityProviderStrategy"}
	exclusive(r, "CapacityProviderStrategy", len(strategy) > 0, "LaunchType", f.LaunchType != "")
	if f.LaunchType != "" {
		oneOf(r, []string{"Fargate", "LaunchType"}, f.LaunchType, "FARGATE", "EC2")
	}
	validateOutsideFargate(r, f)
	weighted, based := 0, 0
	for i, p := range strategy {
		validateProvider(r, element(key, i), p)
		if slices.ContainsFunc(strategy[:i], func(other CapacityProvider) bool { return other.Provider == p.Provider }) {
			r.add(element(key, i), "provider %s is in the list twice", p.Provider)
		}
		if *p.Weight > 0 {
			weighted++
		}
		if p.Base != nil && *p.Base > 0 {
			based++
		}
		if ofFargate(p) != ofFargate(strategy[0]) {
			r.add(element(key, i), "FARGATE and FARGATE_SPOT cannot be in one strategy with other providers: remove one kind")
		}
	}
	if len(strategy) > maxProviders {
		r.add(key, "must have at most %d entries, not %d", maxProviders, len(strategy))
	}
	if len(strategy) > 1 && weighted == 0 {
		r.add(key, "at least one of several providers needs a Weight above 0")
	}
	if based > 1 {
		r.add(key, "at most one provider can have a Base")
	}
}

// validateOutsideFargate checks what Fargate alone has. Source: RunTask in the ECS
// API reference.
func validateOutsideFargate(r *report, f *Fargate) {
	if f.LaunchType == "EC2" && f.EnablePublicIP {
		r.add([]string{"Fargate", "EnablePublicIP"}, "a task of LaunchType EC2 cannot have a public address: remove EnablePublicIP, or use FARGATE")
	}
	if f.OnFargate() {
		return
	}
	reportFargateOnly(r, []string{"Fargate", "PlatformVersion"}, f.PlatformVersion != "")
	reportFargateOnly(r, []string{"Fargate", "EphemeralStorage"}, f.EphemeralStorage != 0)
}

func reportFargateOnly(r *report, key []string, isSet bool) {
	if isSet {
		r.add(key, "only Fargate has this: remove the key, or use Fargate as capacity")
	}
}

func validateProvider(r *report, key []string, p CapacityProvider) {
	if p.Provider == "" || len(p.Provider) > maxProviderName {
		r.add(key, "must have a Provider, the name of a capacity provider such as FARGATE_SPOT, of at most %d characters", maxProviderName)
	}
	if *p.Weight < 0 || *p.Weight > maxWeight {
		r.add(append(slices.Clone(key), "Weight"), "must be from 0 to %d, not %d", maxWeight, *p.Weight)
	}
	if p.Base != nil && (*p.Base < 0 || *p.Base > maxBase) {
		r.add(append(slices.Clone(key), "Base"), "must be from 0 to %d, not %d", maxBase, *p.Base)
	}
}
