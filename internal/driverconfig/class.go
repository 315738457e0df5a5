package driverconfig

import (
	"maps"
	"slices"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// Class returns the FargateTaskClass of jobs without Kubernetes, as a loaded
// configuration without the section Kubernetes describes it, with the CRD's
// defaults. It has no name, as it is not an object of a cluster.
func (c *Config) Class() *v1alpha1.FargateTaskClass {
	return &v1alpha1.FargateTaskClass{Spec: v1alpha1.FargateTaskClassSpec{
		TaskTemplate: c.template(),
		AllowedOverrides: v1alpha1.OverridePolicy{
			TaskDefinitions:        c.Overrides.TaskDefinitions,
			PlatformVersions:       c.Overrides.PlatformVersions,
			MaxCPU:                 narrow(c.Overrides.MaxCPU),
			MaxMemory:              narrow(c.Overrides.MaxMemory),
			MaxEphemeralStorageGiB: narrow(c.Overrides.MaxEphemeralStorage),
		},
	}}
}

func (c *Config) template() v1alpha1.TaskTemplate {
	f := &c.Fargate
	return v1alpha1.TaskTemplate{
		Region:                f.Region,
		Cluster:               f.Cluster,
		TaskDefinition:        f.TaskDefinition,
		ContainerName:         v1alpha1.DefaultContainerName,
		Network:               f.network(),
		Capacity:              f.capacity(),
		PlatformVersion:       f.PlatformVersion,
		CPU:                   narrow(f.CPU),
		Memory:                narrow(f.Memory),
		EphemeralStorageGiB:   narrow(f.EphemeralStorage),
		TaskRoleARN:           f.TaskRoleARN,
		ExecutionRoleARN:      f.ExecutionRoleARN,
		Tags:                  f.tags(),
		ExecuteCommand:        toggle(f.EnableExecuteCommand),
		SSH:                   c.SSH.server(),
		LaunchDeadlineSeconds: v1alpha1.DefaultLaunchDeadlineSeconds,
		AssumeRoleARN:         f.AssumeRoleARN,
	}
}

func (f *Fargate) network() v1alpha1.Network {
	return v1alpha1.Network{
		Subnets:        f.subnets(),
		SecurityGroups: f.securityGroups(),
		AssignPublicIP: toggle(f.EnablePublicIP),
		ConnectVia:     f.connectVia(),
	}
}

// capacity is empty if the cluster's default strategy applies.
func (f *Fargate) capacity() []v1alpha1.Placement {
	if f.LaunchType == "" && len(f.CapacityProviderStrategy) == 0 {
		return nil
	}
	placement := v1alpha1.Placement{LaunchType: f.LaunchType}
	for _, p := range f.CapacityProviderStrategy {
		placement.Strategy = append(placement.Strategy, v1alpha1.CapacityProvider{
			Provider: p.Provider, Base: number(p.Base), Weight: number(p.Weight),
		})
	}
	return []v1alpha1.Placement{placement}
}

func number(n *int) *int32 {
	if n == nil {
		return nil
	}
	small := narrow(*n)
	return &small
}

func narrow(n int) int32 { return int32(n) } //nolint:gosec // validate has bounded every number

// tags are sorted by key: a launch is safe to repeat only if its requests are
// equal.
func (f *Fargate) tags() []v1alpha1.Tag {
	var tags []v1alpha1.Tag
	for _, key := range slices.Sorted(maps.Keys(f.Tags)) {
		value := f.Tags[key]
		tags = append(tags, v1alpha1.Tag{Key: key, Value: &value})
	}
	return tags
}

func (s SSH) server() v1alpha1.SSHServer {
	server := v1alpha1.SSHServer{Username: s.Username, Port: narrow(s.PortOr(defaultPort)), KeyType: v1alpha1.KeyType(s.KeyType)}
	if server.Username == "" {
		server.Username = "root"
	}
	return server
}

func toggle(on bool) v1alpha1.Toggle {
	if on {
		return v1alpha1.Enabled
	}
	return v1alpha1.Disabled
}
