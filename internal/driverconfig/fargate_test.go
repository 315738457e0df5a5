package driverconfig

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// guide is the file of GitLab's guide to its Fargate driver, byte for byte.
const guide = `LogLevel = "info"
LogFormat = "text"

[Fargate]
  Cluster = "test-cluster"
  Region = "us-east-2"
  Subnet = "subnet-xxxxxx"
  SecurityGroup = "sg-xxxxxxxxxxxxx"
  TaskDefinition = "test-task:1"
  EnablePublicIP = true

[TaskMetadata]
  Directory = "/opt/gitlab-runner/metadata"

[SSH]
  Username = "root"
  Port = 22
`

func load(t *testing.T, text string) *Config {
	t.Helper()
	config, err := parse("f", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return config
}

func TestClass_OfTheGuide(t *testing.T) {
	config := load(t, guide)
	if config.Kubernetes != nil {
		t.Error("the guide's file asks for Kubernetes")
	}
	want := v1alpha1.FargateTaskClassSpec{TaskTemplate: v1alpha1.TaskTemplate{
		Region: "us-east-2", Cluster: "test-cluster", TaskDefinition: "test-task:1", ContainerName: "ci-coordinator",
		Network: v1alpha1.Network{
			Subnets: []string{"subnet-xxxxxx"}, SecurityGroups: []string{"sg-xxxxxxxxxxxxx"},
			AssignPublicIP: v1alpha1.Enabled, ConnectVia: v1alpha1.PublicIP,
		},
		ExecuteCommand: v1alpha1.Disabled, SSH: v1alpha1.SSHServer{Username: "root", Port: 22}, LaunchDeadlineSeconds: 600,
	}}
	if diff := cmp.Diff(want, config.Class().Spec); diff != "" {
		t.Errorf("class differs (-want +got):\n%s", diff)
	}
}

// The guide's private tasks: three keys are replaced.
func TestClass_OfTheGuidesPrivateTasks_ConnectsToThePrivateAddress(t *testing.T) {
	private := strings.NewReplacer(`"subnet-xxxxxx"`, `"subnet-private"`, "EnablePublicIP = true", "EnablePublicIP = false\nUsePublicIP = false").Replace(guide)
	network := load(t, private).Class().Spec.Network
	if network.AssignPublicIP != v1alpha1.Disabled || network.ConnectVia != v1alpha1.PrivateIP {
		t.Errorf("got %+v", network)
	}
}

// with is the smallest file without Kubernetes, and more lines of [Fargate].
func with(lines string) string {
	return "[Fargate]\nCluster = 'c'\nRegion = 'us-east-2'\nSubnet = 'subnet-1'\nTaskDefinition = 'd'\n" + lines + "[TaskMetadata]\nDirectory = '/m'\n"
}

// What a file leaves out is what the API server fills in for a class.
func TestClass_OfTheSmallestFile_HasTheDefaultsOfTheCRD(t *testing.T) {
	want := v1alpha1.FargateTaskClassSpec{TaskTemplate: v1alpha1.TaskTemplate{
		Region: "us-east-2", Cluster: "c", TaskDefinition: "d", ContainerName: "ci-coordinator",
		Network:        v1alpha1.Network{Subnets: []string{"subnet-1"}, AssignPublicIP: v1alpha1.Disabled, ConnectVia: v1alpha1.PrivateIP},
		ExecuteCommand: v1alpha1.Disabled, SSH: v1alpha1.SSHServer{Username: "root", Port: 22}, LaunchDeadlineSeconds: 600,
	}}
	if diff := cmp.Diff(want, load(t, with("")).Class().Spec); diff != "" {
		t.Errorf("class differs (-want +got):\n%s", diff)
	}
}

func TestClass_SSH_IsWhatTheFileSaysAndRootAtPort22Otherwise(t *testing.T) {
	for lines, want := range map[string]v1alpha1.SSHServer{
		"":                                  {Username: "root", Port: 22},
		"[SSH]\n":                           {Username: "root", Port: 22},
		"[SSH]\nUsername = 'ci'\n":          {Username: "ci", Port: 22},
		"[SSH]\nPort = 2222\n":              {Username: "root", Port: 2222},
		"[SSH]\nKeyType = 'ECDSA'\n":        {Username: "root", Port: 22, KeyType: v1alpha1.KeyTypeECDSA},
		"[SSH]\nPort = 0\n":                 {Username: "root", Port: 22},
		"[SSH]\nPort = -1\nUsername = ''\n": {Username: "root", Port: 22},
	} {
		if diff := cmp.Diff(want, load(t, with("")+lines).Class().Spec.SSH); diff != "" {
			t.Errorf("%q: the SSH server differs (-want +got):\n%s", lines, diff)
		}
	}
}

func TestParse_FargateThatCannotWork_NamesLineKeyAndFix(t *testing.T) {
	const strategy = "[[Fargate.CapacityProviderStrategy]]\n"
	for name, test := range map[string]struct {
		lines string
		want  []string
	}{
		"texts": {
			"PlatformVersion = 'latest'\nSecurityGroup = 'default'\nTaskRoleARN = 'ci'\n",
			[]string{
				`f:7: Fargate.SecurityGroup: must be the id of a security group such as sg-0a1b2c3d4e5f60718, not "default"`,
				`f:6: Fargate.PlatformVersion: must be a Fargate platform version such as 1.4.0, or LATEST, not "latest"`,
				`f:8: Fargate.TaskRoleARN: must be the ARN of an IAM role such as arn:aws:iam::123456789012:role/ci, not "ci"`,
			},
		},
		"one and several": {
			"Subnets = ['subnet-2']\nSecurityGroup = 'sg-1'\nSecurityGroups = ['sg-2']\n",
			[]string{
				"f:6: Fargate.Subnets: cannot be set together with Fargate.Subnet: remove one of the two",
				"f:8: Fargate.SecurityGroups: cannot be set together with Fargate.SecurityGroup: remove one of the two",
			},
		},
		"a list's elements": {
			"SecurityGroups = ['sg-1', 'sg-1',\n 'default', 'sg-4', 'sg-5', 'sg-6']\n",
			[]string{
				"f:6: Fargate.SecurityGroups[2]: sg-1 is in the list twice",
				`f:6: Fargate.SecurityGroups[3]: must be the id of a security group such as sg-0a1b2c3d4e5f60718, not "default"`,
				"f:6: Fargate.SecurityGroups: must have at most 5 entries, not 6",
			},
		},
		"a public address that there is not": {
			"UsePublicIP = true\n",
			[]string{"f:6: Fargate.UsePublicIP: a task has no public address while EnablePublicIP is false: set EnablePublicIP = true as well, or remove UsePublicIP"},
		},
		"an address that there is not": {
			"ConnectVia = 'PublicIP'\n",
			[]string{"f:6: Fargate.ConnectVia: a task has no public address while EnablePublicIP is false: set EnablePublicIP = true as well, or remove ConnectVia"},
		},
		"two addresses": {
			"ConnectVia = 'ipv6'\nUsePublicIP = false\n",
			[]string{
				"f:6: Fargate.ConnectVia: cannot be set together with Fargate.UsePublicIP: remove one of the two",
				`f:6: Fargate.ConnectVia: must be one of PrivateIP, PublicIP, IPv6, not "ipv6"`,
			},
		},
		"external instances": {
			"LaunchType = 'EXTERNAL'\n",
			[]string{
				`f:6: Fargate.LaunchType: must be one of FARGATE, EC2, not "EXTERNAL"`,
			},
		},
		"what Fargate alone has, on EC2": {
			"LaunchType = 'EC2'\nEnablePublicIP = true\nPlatformVersion = '1.4.0'\nEphemeralStorage = 50\n" +
				"[Overrides]\nPlatformVersions = ['LATEST']\nMaxEphemeralStorage = 60\n",
			[]string{
				"f:7: Fargate.EnablePublicIP: a task of LaunchType EC2 cannot have a public address: remove EnablePublicIP, or use FARGATE",
				"f:8: Fargate.PlatformVersion: only Fargate has this: remove the key, or use Fargate as capacity",
				"f:9: Fargate.EphemeralStorage: only Fargate has this: remove the key, or use Fargate as capacity",
				"f:11: Overrides.PlatformVersions: only Fargate has this: remove the key, or use Fargate as capacity",
				"f:12: Overrides.MaxEphemeralStorage: only Fargate has this: remove the key, or use Fargate as capacity",
			},
		},
		"what Fargate alone has, on own hosts": {
			"CapacityProviderStrategy = [{Provider = 'HOSTS'}]\nPlatformVersion = '1.4.0'\n",
			[]string{"f:7: Fargate.PlatformVersion: only Fargate has this: remove the key, or use Fargate as capacity"},
		},
		"sizes": {
			"CPU = 1000\nMemory = 70\nEphemeralStorage = 20\n",
			[]string{
				"f:6: Fargate.CPU: must be one of 256, 512, 1024, 2048, 4096, 8192 and 16384 CPU units, 1024 to a vCPU, not 1000",
				"f:7: Fargate.Memory: must be from 512 to 122880 MiB, not 70",
				"f:8: Fargate.EphemeralStorage: must be from 21 to 200 GiB, not 20",
			},
		},
		"sizes that do not go together": {
			"CPU = 256\nMemory = 4096\n",
			[]string{"f:7: Fargate.Memory: must be what Fargate offers: 512 MiB with 256 CPU units, 1024 to 2048 MiB in steps of 1024 with 256 CPU units, not 4096 MiB"},
		},
		"launch type and strategy": {
			"LaunchType = 'SPOT'\n" + strategy + "Provider = 'FARGATE'\n",
			[]string{
				"f:7: Fargate.CapacityProviderStrategy: cannot be set together with Fargate.LaunchType: remove one of the two",
				`f:6: Fargate.LaunchType: must be one of FARGATE, EC2, not "SPOT"`,
			},
		},
		"strategy": {
			strategy + "Provider = 'FARGATE'\nWeight = 0\nBase = 1\n" + strategy + "Provider = 'FARGATE'\nWeight = -1\nBase = 1\n" +
				strategy + "Weight = 0\n",
			[]string{
				"f:12: Fargate.CapacityProviderStrategy[2].Weight: must be from 0 to 1000, not -1",
				"f:10: Fargate.CapacityProviderStrategy[2]: provider FARGATE is in the list twice",
				"f:14: Fargate.CapacityProviderStrategy[3]: must have a Provider, the name of a capacity provider such as FARGATE_SPOT, of at most 255 characters",
				"f:14: Fargate.CapacityProviderStrategy[3]: FARGATE and FARGATE_SPOT cannot be in one strategy with other providers: remove one kind",
				"f:6: Fargate.CapacityProviderStrategy: at least one of several providers needs a Weight above 0",
				"f:6: Fargate.CapacityProviderStrategy: at most one provider can have a Base",
			},
		},
		"misspelt in a strategy": {
			strategy + "Provider = 'FARGATE'\n" + strategy + "Provder = 'FARGATE_SPOT'\n",
			[]string{"f:9: Fargate.CapacityProviderStrategy[2].Provder: there is no such key, did you mean Fargate.CapacityProviderStrategy.Provider?"},
		},
		"types in lists": {
			"Subnets = [1]\nTags = {a = true}\nCapacityProviderStrategy = ['FARGATE']\nSecurityGroups = 'sg-1'\n",
			[]string{
				"f:8: Fargate.CapacityProviderStrategy[1]: must be a section in brackets with keys below it, not a text",
				`f:9: Fargate.SecurityGroups: must be a list of texts in quotes such as ["a", "b"], not a text`,
				"f:6: Fargate.Subnets[1]: must be a text in quotes, not a number",
				"f:7: Fargate.Tags.a: must be a text in quotes, not true or false",
			},
		},
		"tags": {
			"[Fargate.Tags]\n'AWS:x' = ''\n'ci.fargate-operator.dev/job' = ''\n'a*' = ''\nok = 'a*'\nreserved = 'Aws:x'\n",
			[]string{
				"f:7: Fargate.Tags.AWS:x: the prefix aws: is reserved by AWS, choose another key",
				`f:9: Fargate.Tags.a*: must be a key of 1 to 128 letters, digits, spaces and _.:/=+-@, not "a*"`,
				"f:8: Fargate.Tags.ci.fargate-operator.dev/job: the prefix ci.fargate-operator.dev/ is for the tags that every task has, choose another key",
				`f:10: Fargate.Tags.ok: must be a value of at most 256 letters, digits, spaces and _.:/=+-@, not "a*"`,
				"f:11: Fargate.Tags.reserved: a value with the prefix aws: is reserved by AWS, choose another value",
			},
		},
		"overrides": {
			"CPU = 1024\n[Overrides]\nTaskDefinitions = ['ci-[', '']\nPlatformVersions = ['latest']\nMaxCPU = 512\nMaxMemory = 1\nTaskClasses = ['']\n",
			[]string{
				"f:8: Overrides.TaskDefinitions[2]: must not be empty: write a name, or a pattern such as ci-*",
				`f:9: Overrides.PlatformVersions[1]: must be a Fargate platform version such as 1.4.0, or LATEST, not "latest"`,
				"f:10: Overrides.MaxCPU: 512 is below Fargate.CPU, which is 1024: raise it or lower that",
				"f:11: Overrides.MaxMemory: must be from 512 to 122880 MiB, not 1",
				"f:12: Overrides.TaskClasses[1]: must not be empty: write a name, or a pattern such as ci-*",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := parse("f", []byte(with(test.lines)))
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(test.want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Errorf("problems differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParse_ARNOfAnotherRegion_IsRefused(t *testing.T) {
	_, err := parse("f", []byte("TaskMetadata.Directory = '/m'\n[Fargate]\nRegion = 'us-east-2'\nSubnet = 'subnet-1'\n"+
		"Cluster = 'arn:aws:ecs:eu-west-1:123456789012:cluster/ci'\nTaskDefinition = 'arn:aws:ecs:us-east-2:123456789012:task-definition/ci:1'\n"))
	const want = "f:5: Fargate.Cluster: the ARN is of Region eu-west-1: correct it, or the key Region, which is us-east-2"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// The day somebody adds the section, nothing that worked is in the way.
func TestParse_KubernetesSectionAdded_IsAccepted(t *testing.T) {
	for name, text := range map[string]string{
		"the guide's file":      guide,
		"values of no use":      "[Fargate]\nSubnet = 'a'\nSubnets = ['b']\n[Overrides]\nMaxCPU = 1\n",
		"what needs Kubernetes": with("[Overrides]\nTaskClasses = ['large']\n"),
	} {
		t.Run(name, func(t *testing.T) { load(t, text+"[Kubernetes]\n") })
	}
}

func TestIdle_NamesWhatHasNoEffect(t *testing.T) {
	const limits = "[Overrides]\nMaxCPU = 1024\nTaskClasses = ['large']\n"
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"Kubernetes": {
			"[Kubernetes]\n" + limits + "[Fargate]\nEnablePublicIP = true\nUsePublicIP = false\nTags = {a = 'b'}\n[SSH]\nPort = 22\n",
			[]string{
				"Fargate.EnablePublicIP: spec.network.assignPublicIP of the FargateTaskClass takes its place",
				"Fargate.UsePublicIP: spec.network.connectVia of the FargateTaskClass takes its place",
				"Fargate.Tags: spec.tags of the FargateTaskClass takes its place",
				"Overrides.MaxCPU: spec.allowedOverrides.maxCPU of the FargateTaskClass takes its place",
			},
		},
		"no Kubernetes": {
			with("CPU = 256\n" + limits),
			[]string{"Overrides.TaskClasses: there are no task classes without the section [Kubernetes]"},
		},
		"nothing idle": {guide, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, load(t, test.text).Idle()); diff != "" {
				t.Errorf("idle keys differ (-want +got):\n%s", diff)
			}
		})
	}
}

func TestString_IsWhatIsInForce(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"Kubernetes": {
			"[Kubernetes]\n[Fargate]\nCluster = 'c'\n",
			"LogLevel = 'info'\nLogFormat = 'text'\n\n[Kubernetes]\nTaskClass = 'default'\n\n[SSH]\nReadyTimeout = '2m0s'\nRetryTimeout = '30s'\n",
		},
		"no Kubernetes": {
			with("CapacityProviderStrategy = [{Provider = 'FARGATE'}]\nTags = {'a b' = 'c'}\nUsePublicIP = false\n"),
			"LogLevel = 'info'\nLogFormat = 'text'\n\n[Fargate]\nCluster = 'c'\nRegion = 'us-east-2'\nSubnet = 'subnet-1'\nTaskDefinition = 'd'\nUsePublicIP = false\n" +
				"CapacityProviderStrategy = [{Provider = 'FARGATE', Weight = 1}]\nTags = {'a b' = 'c'}\n\n[TaskMetadata]\nDirectory = '/m'\n\n[SSH]\nReadyTimeout = '2m0s'\nRetryTimeout = '30s'\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := load(t, test.text).String()
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("text differs (-want +got):\n%s", diff)
			}
			if again := load(t, got).String(); again != got {
				t.Errorf("read again it is:\n%s", again)
			}
		})
	}
}

func TestClass_EveryKey(t *testing.T) {
	config := load(t, `TaskMetadata.Directory = "/m"
[Fargate]
Cluster = "ci"
Region = "eu-west-1"
Subnets = ["subnet-1", "subnet-2"]
SecurityGroups = ["sg-1", "sg-2"]
TaskDefinition = "ci-build"
PlatformVersion = "1.4.0"
EnablePublicIP = true
UsePublicIP = false
EnableExecuteCommand = true
CPU = 1024
Memory = 2048
EphemeralStorage = 30
TaskRoleARN = "arn:aws:iam::123456789012:role/task"
ExecutionRoleARN = "arn:aws:iam::123456789012:role/execution"
AssumeRoleARN = "arn:aws:iam::123456789012:role/runner"
Tags = {team = "build", cost = "ci"}
CapacityProviderStrategy = [{Provider = "FARGATE_SPOT", Weight = 0, Base = 2}, {Provider = "FARGATE"}]
[Overrides]
TaskDefinitions = ["ci-*"]
PlatformVersions = ["LATEST"]
MaxCPU = 2048
MaxMemory = 4096
MaxEphemeralStorage = 40
[SSH]
Username = "ci"
Port = 2222
`)
	want := v1alpha1.FargateTaskClassSpec{
		TaskTemplate: v1alpha1.TaskTemplate{
			Region: "eu-west-1", Cluster: "ci", TaskDefinition: "ci-build", ContainerName: "ci-coordinator",
			Network: v1alpha1.Network{
				Subnets: []string{"subnet-1", "subnet-2"}, SecurityGroups: []string{"sg-1", "sg-2"},
				AssignPublicIP: v1alpha1.Enabled, ConnectVia: v1alpha1.PrivateIP,
			},
			Capacity: []v1alpha1.Placement{{Strategy: []v1alpha1.CapacityProvider{
				{Provider: "FARGATE_SPOT", Weight: ptr(int32(0)), Base: ptr(int32(2))},
				{Provider: "FARGATE", Weight: ptr(int32(1))},
			}}},
			PlatformVersion: "1.4.0", CPU: 1024, Memory: 2048, EphemeralStorageGiB: 30,
			TaskRoleARN: "arn:aws:iam::123456789012:role/task", ExecutionRoleARN: "arn:aws:iam::123456789012:role/execution",
			AssumeRoleARN:  "arn:aws:iam::123456789012:role/runner",
			Tags:           []v1alpha1.Tag{{Key: "cost", Value: ptr("ci")}, {Key: "team", Value: ptr("build")}},
			ExecuteCommand: v1alpha1.Enabled, SSH: v1alpha1.SSHServer{Username: "ci", Port: 2222}, LaunchDeadlineSeconds: 600,
		},
		AllowedOverrides: v1alpha1.OverridePolicy{
			TaskDefinitions: []string{"ci-*"}, PlatformVersions: []string{"LATEST"},
			MaxCPU: 2048, MaxMemory: 4096, MaxEphemeralStorageGiB: 40,
		},
	}
	if diff := cmp.Diff(want, config.Class().Spec); diff != "" {
		t.Errorf("class differs (-want +got):\n%s", diff)
	}
}

func TestClass_ConnectVia_IsTheClasss(t *testing.T) {
	for lines, want := range map[string]v1alpha1.AddressKind{
		"":                           v1alpha1.PrivateIP,
		"EnablePublicIP = true\n":    v1alpha1.PublicIP,
		"ConnectVia = 'IPv6'\n":      v1alpha1.IPv6,
		"ConnectVia = 'PrivateIP'\n": v1alpha1.PrivateIP,
		"EnablePublicIP = true\nConnectVia = 'PublicIP'\n":  v1alpha1.PublicIP,
		"EnablePublicIP = true\nConnectVia = 'PrivateIP'\n": v1alpha1.PrivateIP,
		"EnablePublicIP = true\nConnectVia = 'IPv6'\n":      v1alpha1.IPv6,
	} {
		if got := load(t, with(lines)).Class().Spec.Network.ConnectVia; got != want {
			t.Errorf("%q connects via %s, want %s", lines, got, want)
		}
	}
}

func TestLoad_ByteOrderMark_IsNoPartOfTheFile(t *testing.T) {
	wide := []byte{0xFF, 0xFE}
	for _, unit := range utf16.Encode([]rune(guide)) {
		wide = binary.LittleEndian.AppendUint16(wide, unit)
	}
	for name, content := range map[string][]byte{"UTF-8": []byte("\ufeff" + guide), "UTF-16": wide} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "fargate.toml")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			config, err := Load(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(load(t, guide), config); diff != "" {
				t.Errorf("configuration (-without +with a mark):\n%s", diff)
			}
		})
	}
}
