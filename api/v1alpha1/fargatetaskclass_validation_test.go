package v1alpha1_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

func minimalClass(namespace string) *v1alpha1.FargateTaskClass {
	return &v1alpha1.FargateTaskClass{
		ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: namespace},
		Spec: v1alpha1.FargateTaskClassSpec{TaskTemplate: v1alpha1.TaskTemplate{
			Region:         "eu-central-1",
			Cluster:        "ci",
			TaskDefinition: "ci",
			Network:        v1alpha1.Network{Subnets: []string{"subnet-1"}},
		}},
	}
}

func TestFargateTaskClass_Minimal_GetsDefaults(t *testing.T) {
	c, namespace := newClient(t)
	class := minimalClass(namespace)
	class.Spec.Capacity = []v1alpha1.Placement{{Strategy: []v1alpha1.CapacityProvider{{Provider: "FARGATE_SPOT"}}}}
	if err := c.Create(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	want := v1alpha1.TaskTemplate{
		Region:         "eu-central-1",
		Cluster:        "ci",
		TaskDefinition: "ci",
		ContainerName:  "ci-coordinator",
		Network: v1alpha1.Network{
			Subnets:        []string{"subnet-1"},
			AssignPublicIP: v1alpha1.Disabled,
			ConnectVia:     v1alpha1.PrivateIP,
		},
		Capacity:              []v1alpha1.Placement{{Strategy: []v1alpha1.CapacityProvider{{Provider: "FARGATE_SPOT", Weight: ptr.To[int32](1)}}}},
		ExecuteCommand:        v1alpha1.Disabled,
		SSH:                   v1alpha1.SSHServer{Username: "root", Port: 22},
		LaunchDeadlineSeconds: 600,
	}
	if diff := cmp.Diff(want, class.Spec.TaskTemplate); diff != "" {
		t.Errorf("spec differs (-want +got):\n%s", diff)
	}
}

func TestFargateTaskClass_Values_AreAcceptedOrRefused(t *testing.T) {
	c, namespace := newClient(t)
	tests := map[string]struct {
		change func(*v1alpha1.FargateTaskClassSpec)
		refuse string // part of the API server's message; empty if accepted
	}{
		"cluster ARN":        {func(s *v1alpha1.FargateTaskClassSpec) { s.Cluster = "arn:aws:ecs:eu-central-1:123456789012:cluster/ci" }, ""},
		"cluster with blank": {func(s *v1alpha1.FargateTaskClassSpec) { s.Cluster = "my cluster" }, "spec.cluster"},
		"no cluster":         {func(s *v1alpha1.FargateTaskClassSpec) { s.Cluster = "" }, "spec.cluster"},
		"region":             {func(s *v1alpha1.FargateTaskClassSpec) { s.Region = "us-gov-east-1" }, ""},
		"malformed region":   {func(s *v1alpha1.FargateTaskClassSpec) { s.Region = "Frankfurt" }, "spec.region"},
		"revision":           {func(s *v1alpha1.FargateTaskClassSpec) { s.TaskDefinition = "test-task:1" }, ""},
		"definition ARN": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.Region, s.TaskDefinition = "cn-north-1", "arn:aws-cn:ecs:cn-north-1:123456789012:task-definition/ci:7"
		}, ""},
		"malformed definition": {func(s *v1alpha1.FargateTaskClassSpec) { s.TaskDefinition = "ci:latest" }, "spec.taskDefinition"},
		"malformed container":  {func(s *v1alpha1.FargateTaskClassSpec) { s.ContainerName = "a b" }, "spec.containerName"},
		"no subnet":            {func(s *v1alpha1.FargateTaskClassSpec) { s.Network.Subnets = nil }, "spec.network"},
		"17 subnets":           {func(s *v1alpha1.FargateTaskClassSpec) { s.Network.Subnets = numbered("subnet-", 17) }, "spec.network.subnets"},
		"16 subnets":           {func(s *v1alpha1.FargateTaskClassSpec) { s.Network.Subnets = numbered("subnet-", 16) }, ""},
		"same subnet twice":    {func(s *v1alpha1.FargateTaskClassSpec) { s.Network.Subnets = []string{"subnet-1", "subnet-1"} }, "Duplicate value"},
		"malformed subnet":     {func(s *v1alpha1.FargateTaskClassSpec) { s.Network.Subnets = []string{"10.0.0.0/24"} }, "spec.network.subnets[0]"},
		"6 security groups":    {func(s *v1alpha1.FargateTaskClassSpec) { s.Network.SecurityGroups = numbered("sg-", 6) }, "spec.network.securityGroups"},
		"malformed group":      {func(s *v1alpha1.FargateTaskClassSpec) { s.Network.SecurityGroups = []string{"default"} }, "spec.network.securityGroups[0]"},
		"public address": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.Network.AssignPublicIP, s.Network.ConnectVia = v1alpha1.Enabled, v1alpha1.PublicIP
		}, ""},
		"unassigned public":   {func(s *v1alpha1.FargateTaskClassSpec) { s.Network.ConnectVia = v1alpha1.PublicIP }, "connectVia PublicIP needs assignPublicIP Enabled"},
		"unknown address":     {func(s *v1alpha1.FargateTaskClassSpec) { s.Network.ConnectVia = "DNS" }, "spec.network.connectVia"},
		"unknown toggle":      {func(s *v1alpha1.FargateTaskClassSpec) { s.ExecuteCommand = "true" }, "spec.executeCommand"},
		"launch type":         {func(s *v1alpha1.FargateTaskClassSpec) { s.Capacity = []v1alpha1.Placement{{LaunchType: "FARGATE"}} }, ""},
		"unknown launch type": {func(s *v1alpha1.FargateTaskClassSpec) { s.Capacity = []v1alpha1.Placement{{LaunchType: "SPOT"}} }, "launchType"},
		"empty placement":     {func(s *v1alpha1.FargateTaskClassSpec) { s.Capacity = []v1alpha1.Placement{{}} }, "exactly one of launchType and strategy"},
		"type and strategy": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.Capacity = []v1alpha1.Placement{{LaunchType: "EC2", Strategy: []v1alpha1.CapacityProvider{{Provider: "FARGATE"}}}}
		}, "exactly one of launchType and strategy"},
		"platform version":    {func(s *v1alpha1.FargateTaskClassSpec) { s.PlatformVersion = "1.4.0" }, ""},
		"latest platform":     {func(s *v1alpha1.FargateTaskClassSpec) { s.PlatformVersion = "LATEST" }, ""},
		"unknown platform":    {func(s *v1alpha1.FargateTaskClassSpec) { s.PlatformVersion = "newest" }, "spec.platformVersion"},
		"cpu":                 {func(s *v1alpha1.FargateTaskClassSpec) { s.CPU, s.Memory = 1024, 2048 }, ""},
		"odd cpu":             {func(s *v1alpha1.FargateTaskClassSpec) { s.CPU = 1000 }, "spec.cpu"},
		"small memory":        {func(s *v1alpha1.FargateTaskClassSpec) { s.Memory = 511 }, "spec.memory"},
		"large memory":        {func(s *v1alpha1.FargateTaskClassSpec) { s.Memory = 122881 }, "spec.memory"},
		"small disk":          {func(s *v1alpha1.FargateTaskClassSpec) { s.EphemeralStorageGiB = 20 }, "spec.ephemeralStorageGiB"},
		"large disk":          {func(s *v1alpha1.FargateTaskClassSpec) { s.EphemeralStorageGiB = 201 }, "spec.ephemeralStorageGiB"},
		"role":                {func(s *v1alpha1.FargateTaskClassSpec) { s.TaskRoleARN = "arn:aws:iam::123456789012:role/ci/build" }, ""},
		"role's name alone":   {func(s *v1alpha1.FargateTaskClassSpec) { s.ExecutionRoleARN = "build" }, "spec.executionRoleARN"},
		"assumed role's name": {func(s *v1alpha1.FargateTaskClassSpec) { s.AssumeRoleARN = "build" }, "spec.assumeRoleARN"},
		"tags": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.Tags = []v1alpha1.Tag{{Key: "cost center", Value: ptr.To("a/b:c=d+e-f@g")}}
		}, ""},
		"AWS's tag": {func(s *v1alpha1.FargateTaskClassSpec) { s.Tags = []v1alpha1.Tag{{Key: "AWS:x"}} }, "the prefix aws: is reserved by AWS"},
		"every task's tag": {
			func(s *v1alpha1.FargateTaskClassSpec) { s.Tags = []v1alpha1.Tag{{Key: "ci.fargate-operator.dev/job"}} },
			"the prefix ci.fargate-operator.dev/ is for the tags that every task has",
		},
		"malformed tag key":   {func(s *v1alpha1.FargateTaskClassSpec) { s.Tags = []v1alpha1.Tag{{Key: "a*b"}} }, "spec.tags[0].key"},
		"malformed tag value": {func(s *v1alpha1.FargateTaskClassSpec) { s.Tags = []v1alpha1.Tag{{Key: "a", Value: ptr.To("<b>")}} }, "spec.tags[0].value"},
		"AWS's value":         {func(s *v1alpha1.FargateTaskClassSpec) { s.Tags = []v1alpha1.Tag{{Key: "a", Value: ptr.To("Aws:b")}} }, "the prefix aws: is reserved by AWS"},
		"same tag twice":      {func(s *v1alpha1.FargateTaskClassSpec) { s.Tags = []v1alpha1.Tag{{Key: "a"}, {Key: "a"}} }, "Duplicate value"},
		"malformed user":      {func(s *v1alpha1.FargateTaskClassSpec) { s.SSH.Username = "-oProxyCommand" }, "spec.ssh.username"},
		"port":                {func(s *v1alpha1.FargateTaskClassSpec) { s.SSH.Port = 65536 }, "spec.ssh.port"},
		"short deadline":      {func(s *v1alpha1.FargateTaskClassSpec) { s.LaunchDeadlineSeconds = 9 }, "spec.launchDeadlineSeconds"},
		"long deadline":       {func(s *v1alpha1.FargateTaskClassSpec) { s.LaunchDeadlineSeconds = 3601 }, "spec.launchDeadlineSeconds"},
		"override policy": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.AllowedOverrides = v1alpha1.OverridePolicy{TaskDefinitions: []string{"ci-*"}, MaxCPU: 4096}
		}, ""},
		"odd override cpu":        {func(s *v1alpha1.FargateTaskClassSpec) { s.AllowedOverrides.MaxCPU = 5 }, "spec.allowedOverrides.maxCPU"},
		"small override memory":   {func(s *v1alpha1.FargateTaskClassSpec) { s.AllowedOverrides.MaxMemory = 5 }, "spec.allowedOverrides.maxMemory"},
		"small override disk":     {func(s *v1alpha1.FargateTaskClassSpec) { s.AllowedOverrides.MaxEphemeralStorageGiB = 5 }, "spec.allowedOverrides.maxEphemeralStorageGiB"},
		"empty override pattern":  {func(s *v1alpha1.FargateTaskClassSpec) { s.AllowedOverrides.TaskDefinitions = []string{""} }, "spec.allowedOverrides.taskDefinitions[0]"},
		"empty override platform": {func(s *v1alpha1.FargateTaskClassSpec) { s.AllowedOverrides.PlatformVersions = []string{""} }, "spec.allowedOverrides.platformVersions[0]"},
		"override platforms": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.AllowedOverrides.PlatformVersions = []string{"1.4.0", "LATEST"}
		}, ""},
		"override platform's pattern": {
			func(s *v1alpha1.FargateTaskClassSpec) {
				s.AllowedOverrides.PlatformVersions = []string{"LATEST", "1.*"}
			},
			"spec.allowedOverrides.platformVersions[1]",
		},
		"provider without name": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.Capacity = []v1alpha1.Placement{{Strategy: []v1alpha1.CapacityProvider{{}}}}
		}, "provider"},
		"negative provider weight": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.Capacity = []v1alpha1.Placement{{Strategy: []v1alpha1.CapacityProvider{{Provider: "FARGATE", Weight: ptr.To[int32](-1)}}}}
		}, "weight"},
		"negative provider base": {func(s *v1alpha1.FargateTaskClassSpec) {
			s.Capacity = []v1alpha1.Placement{{Strategy: []v1alpha1.CapacityProvider{{Provider: "FARGATE", Base: ptr.To[int32](-1)}}}}
		}, "base"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			class := minimalClass(namespace)
			test.change(&class.Spec)
			expect(t, c.Create(t.Context(), class, client.DryRunAll), test.refuse)
		})
	}
}

// expect fails unless the API server accepted, or refused with the message.
func expect(t *testing.T, err error, refuse string) {
	t.Helper()
	switch {
	case refuse == "" && err != nil:
		t.Errorf("refused: %v", err)
	case refuse != "" && err == nil:
		t.Errorf("accepted, want a refusal with %q", refuse)
	case refuse != "" && !strings.Contains(err.Error(), refuse):
		t.Errorf("refused with %q, want %q in it", err, refuse)
	}
}

func numbered(prefix string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = prefix + strings.Repeat("a", i+1)
	}
	return list
}
