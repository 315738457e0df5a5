package v1alpha1_test

import (
	"fmt"
	"testing"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// The pairs of cpu and memory at the edges of what Fargate offers. Source:
// "Task size" in the ECS developer guide.
func TestFargateTaskClass_CPUAndMemory_ArePairsOfFargate(t *testing.T) {
	c, namespace := newClient(t)
	const anyCPU = 0
	offered := map[int32][]int32{
		256:    {512, 1024, 2048},
		512:    {1024, 3072, 4096},
		1024:   {2048, 3072, 8192},
		2048:   {4096, 5120, 16384},
		4096:   {8192, 9216, 30720},
		8192:   {16384, 20480, 61440},
		16384:  {32768, 40960, 122880},
		anyCPU: {512, 1024, 30720, 61440, 122880},
	}
	refused := map[int32][]int32{
		256:    {1536, 3072},
		512:    {512, 1025, 5120},
		1024:   {1024, 2560, 9216},
		2048:   {3072, 4608, 17408},
		4096:   {7168, 8704, 31744},
		8192:   {12288, 17408, 65536},
		16384:  {24576, 33792},
		anyCPU: {700, 31744, 63488},
	}
	const refusal = "Fargate does not offer this memory with this cpu"
	for want, pairs := range map[string]map[int32][]int32{"": offered, refusal: refused} {
		for cpu, memories := range pairs {
			for _, memory := range memories {
				t.Run(fmt.Sprintf("cpu %d with memory %d", cpu, memory), func(t *testing.T) {
					class := minimalClass(namespace)
					class.Spec.CPU, class.Spec.Memory = cpu, memory
					expect(t, c.Create(t.Context(), class, client.DryRunAll), want)
				})
			}
		}
	}
}

func TestFargateTaskClass_Contradictions_AreRefused(t *testing.T) {
	c, namespace := newClient(t)
	strategy := func(providers ...v1alpha1.CapacityProvider) v1alpha1.Placement {
		return v1alpha1.Placement{Strategy: providers}
	}
	unusual := func(capacity ...v1alpha1.Placement) func(*v1alpha1.FargateTaskClassSpec) {
		return func(s *v1alpha1.FargateTaskClassSpec) { s.CPU, s.Memory, s.Capacity = 1024, 1536, capacity }
	}
	const (
		pair   = "Fargate does not offer this memory with this cpu"
		region = "names another region: correct region or"
		arns   = "arn:aws:ecs:eu-west-1:123456789012:"
	)
	tests := map[string]struct {
		change func(*v1alpha1.FargateTaskClassSpec)
		refuse string // part of the API server's message; empty if accepted
	}{
		"pair of own hosts":        {unusual(v1alpha1.Placement{LaunchType: "EC2"}, strategy(v1alpha1.CapacityProvider{Provider: "HOSTS"})), ""},
		"pair of Fargate at last":  {unusual(v1alpha1.Placement{LaunchType: "EC2"}, v1alpha1.Placement{LaunchType: "FARGATE"}), pair},
		"pair of Spot":             {unusual(strategy(v1alpha1.CapacityProvider{Provider: "FARGATE_SPOT"})), pair},
		"pair and empty placement": {unusual(v1alpha1.Placement{}), "exactly one of launchType and strategy"},
		"external":                 {unusual(v1alpha1.Placement{LaunchType: "EXTERNAL"}), `Unsupported value: "EXTERNAL"`},
		"public address on EC2": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.Network.AssignPublicIP, s.Capacity = v1alpha1.Enabled, []v1alpha1.Placement{{LaunchType: "FARGATE"}, {LaunchType: "EC2"}}
		}, "a task of launchType EC2 cannot have a public address"},
		"public address on Fargate": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.Network.AssignPublicIP, s.Capacity = v1alpha1.Enabled, []v1alpha1.Placement{{LaunchType: "FARGATE"}}
		}, ""},
		"platform version on EC2": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.PlatformVersion, s.Capacity = "1.4.0", []v1alpha1.Placement{{LaunchType: "EC2"}}
		}, "only Fargate has platformVersion and ephemeralStorageGiB"},
		"disk on own hosts": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.EphemeralStorageGiB, s.Capacity = 50, []v1alpha1.Placement{strategy(v1alpha1.CapacityProvider{Provider: "HOSTS"})}
		}, "only Fargate has platformVersion and ephemeralStorageGiB"},
		"platform version on Spot": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.PlatformVersion, s.Capacity = "1.4.0", []v1alpha1.Placement{strategy(v1alpha1.CapacityProvider{Provider: "FARGATE_SPOT"})}
		}, ""},
		"choice of a platform version on EC2": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.AllowedOverrides.PlatformVersions, s.Capacity = []string{"1.4.0"}, []v1alpha1.Placement{{LaunchType: "EC2"}}
		}, "only Fargate has what allowedOverrides.platformVersions"},
		"choice of a disk with Fargate at last": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.AllowedOverrides.MaxEphemeralStorageGiB, s.Capacity = 50, []v1alpha1.Placement{{LaunchType: "EC2"}, {LaunchType: "FARGATE"}}
		}, ""},
		"maximum cpu equal":    {func(s *v1alpha1.FargateTaskClassSpec) { s.CPU, s.AllowedOverrides.MaxCPU = 1024, 1024 }, ""},
		"maximum cpu below":    {func(s *v1alpha1.FargateTaskClassSpec) { s.CPU, s.AllowedOverrides.MaxCPU = 1024, 512 }, "allowedOverrides.maxCPU is below cpu"},
		"maximum memory equal": {func(s *v1alpha1.FargateTaskClassSpec) { s.Memory, s.AllowedOverrides.MaxMemory = 2048, 2048 }, ""},
		"maximum memory below": {func(s *v1alpha1.FargateTaskClassSpec) { s.Memory, s.AllowedOverrides.MaxMemory = 2048, 1024 }, "allowedOverrides.maxMemory is below memory"},
		"maximum disk equal": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.EphemeralStorageGiB, s.AllowedOverrides.MaxEphemeralStorageGiB = 50, 50
		}, ""},
		"maximum disk below": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.EphemeralStorageGiB, s.AllowedOverrides.MaxEphemeralStorageGiB = 50, 49
		}, "allowedOverrides.maxEphemeralStorageGiB is below"},
		"cluster elsewhere":         {func(s *v1alpha1.FargateTaskClassSpec) { s.Cluster = arns + "cluster/ci" }, region + " cluster"},
		"task definition elsewhere": {func(s *v1alpha1.FargateTaskClassSpec) { s.TaskDefinition = arns + "task-definition/ci:1" }, region + " taskDefinition"},
		"weights": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.Capacity = []v1alpha1.Placement{strategy(
				v1alpha1.CapacityProvider{Provider: "FARGATE", Base: ptr.To[int32](1), Weight: ptr.To[int32](0)},
				v1alpha1.CapacityProvider{Provider: "FARGATE_SPOT", Base: ptr.To[int32](0)},
			)}
		}, ""},
		"weight 0 alone": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.Capacity = []v1alpha1.Placement{strategy(v1alpha1.CapacityProvider{Provider: "FARGATE", Weight: ptr.To[int32](0)})}
		}, ""},
		"weights all 0": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.Capacity = []v1alpha1.Placement{strategy(
				v1alpha1.CapacityProvider{Provider: "FARGATE", Weight: ptr.To[int32](0)},
				v1alpha1.CapacityProvider{Provider: "FARGATE_SPOT", Weight: ptr.To[int32](0)},
			)}
		}, "with several providers, at least one must have a weight above 0"},
		"two bases": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.Capacity = []v1alpha1.Placement{strategy(
				v1alpha1.CapacityProvider{Provider: "FARGATE", Base: ptr.To[int32](1)},
				v1alpha1.CapacityProvider{Provider: "FARGATE_SPOT", Base: ptr.To[int32](1)},
			)}
		}, "at most one provider can have a base"},
		"Fargate and own hosts": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.Capacity = []v1alpha1.Placement{strategy(v1alpha1.CapacityProvider{Provider: "FARGATE"}, v1alpha1.CapacityProvider{Provider: "HOSTS"})}
		}, "FARGATE and FARGATE_SPOT cannot be in one strategy with other providers"},
		"two kinds of own hosts": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.Capacity = []v1alpha1.Placement{strategy(v1alpha1.CapacityProvider{Provider: "GPU"}, v1alpha1.CapacityProvider{Provider: "HOSTS"})}
		}, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			class := minimalClass(namespace)
			test.change(&class.Spec)
			expect(t, c.Create(t.Context(), class, client.DryRunAll), test.refuse)
		})
	}
}

// Tools that follow kstatus take an object without observedGeneration for done.
func TestObjects_NotSeenByTheController_SaySo(t *testing.T) {
	c, namespace := newClient(t)
	class := minimalClass(namespace)
	if err := c.Create(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	if class.Status.ObservedGeneration != -1 {
		t.Errorf("a new class has observedGeneration %d, want -1", class.Status.ObservedGeneration)
	}
	job := minimalJob(namespace)
	if err := c.Create(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if job.Status.ObservedGeneration != -1 {
		t.Errorf("a new job has observedGeneration %d, want -1", job.Status.ObservedGeneration)
	}
}
