package driverconfig

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func ptr[T any](v T) *T { return &v }

// complete is a file with a key of every type.
const complete = `LogLevel = "debug"
LogFormat = "json"
LogFile = "/var/log/fargate.log"

[Kubernetes]
Namespace = "ci"
TaskClass = "large"
Kubeconfig = "/etc/kubeconfig"

[Fargate]
Cluster = "test-cluster"
Region = "us-east-2"
Subnet = "subnet-1"
SecurityGroup = "sg-1"
TaskDefinition = "test-task:1"
PlatformVersion = "1.4.0"
EnablePublicIP = true
UsePublicIP = false
EnableExecuteCommand = true
CPU = 256
Tags = {team = "build", "Cost.Center" = ""}

[[Fargate.CapacityProviderStrategy]]
Provider = "FARGATE_SPOT"
Weight = 0

[[Fargate.CapacityProviderStrategy]]
Provider = "FARGATE"
Base = 1

[Overrides]
MaxCPU = 1024
TaskDefinitions = ["ci-*"]

[TaskMetadata]
Directory = "/opt/gitlab-runner/metadata"

[SSH]
Username = "root"
Port = 22
ConnectTimeout = "5s"
KeepAliveInterval = "1m"
ReadyTimeout = "90s"
RetryTimeout = "1m"

[Runner]
BuildsDir = "/builds"
CacheDir = "/cache"
Shell = "sh"
`

func TestParse_ValidFiles(t *testing.T) {
	tests := []struct {
		name, text string
		want       Config
	}{
		{
			name: "defaults",
			text: "[Kubernetes]\n",
			want: Config{
				LogLevel: "info", LogFormat: "text",
				Kubernetes: &Kubernetes{TaskClass: "default"},
				SSH:        SSH{ReadyTimeout: Duration(2 * time.Minute), RetryTimeout: Duration(30 * time.Second)},
			},
		},
		{
			name: "empty values are defaults",
			text: "LogLevel = ''\nLogFormat = ''\n[Kubernetes]\nTaskClass = ''\n",
			want: Config{
				LogLevel: "info", LogFormat: "text",
				Kubernetes: &Kubernetes{TaskClass: "default"},
				SSH:        SSH{ReadyTimeout: Duration(2 * time.Minute), RetryTimeout: Duration(30 * time.Second)},
			},
		},
		{
			name: "keys and levels in any case, inline tables and dotted keys",
			text: "loglevel = 'WARNING'\nssh.username = 'ci'\nKUBERNETES = { namespace = 'ci' }\n",
			want: Config{
				LogLevel: "WARNING", LogFormat: "text",
				Kubernetes: &Kubernetes{Namespace: "ci", TaskClass: "default"},
				SSH:        SSH{Username: "ci", ReadyTimeout: Duration(2 * time.Minute), RetryTimeout: Duration(30 * time.Second)},
			},
		},
		{
			name: "every key",
			text: complete,
			want: Config{
				LogLevel: "debug", LogFormat: "json", LogFile: "/var/log/fargate.log",
				Kubernetes: &Kubernetes{Namespace: "ci", TaskClass: "large", Kubeconfig: "/etc/kubeconfig"},
				Fargate: Fargate{
					Cluster: "test-cluster", Region: "us-east-2", Subnet: "subnet-1", SecurityGroup: "sg-1",
					TaskDefinition: "test-task:1", PlatformVersion: "1.4.0", EnablePublicIP: true,
					UsePublicIP: ptr(false), EnableExecuteCommand: true, CPU: 256,
					Tags: map[string]string{"team": "build", "Cost.Center": ""},
					CapacityProviderStrategy: []CapacityProvider{
						{Provider: "FARGATE_SPOT", Weight: ptr(0)},
						{Provider: "FARGATE", Weight: ptr(1), Base: ptr(1)},
					},
				},
				Overrides:    Overrides{MaxCPU: 1024, TaskDefinitions: []string{"ci-*"}},
				TaskMetadata: TaskMetadata{Directory: "/opt/gitlab-runner/metadata"},
				SSH: SSH{
					Username: "root", Port: ptr(22), ConnectTimeout: Duration(5 * time.Second),
					KeepAliveInterval: Duration(time.Minute), ReadyTimeout: Duration(90 * time.Second),
					RetryTimeout: Duration(time.Minute),
				},
				Runner: Runner{BuildsDir: "/builds", CacheDir: "/cache", Shell: "sh"},
			},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, err := parse("fargate.toml", []byte(tc.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParse_BadInput_NamesLineKeyAndFix(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string // one message each
	}{
		{
			name: "misspelt keys and sections",
			text: "LogLevl = 'info'\n[Kubernetes]\nNamspace = 'ci'\n[SHH]\nPort = 22\n",
			want: []string{
				"f:3: Kubernetes.Namspace: there is no such key, did you mean Kubernetes.Namespace?",
				"f:1: LogLevl: there is no such key, did you mean LogLevel?",
				"f:4: SHH: there is no such key, did you mean SSH?",
			},
		},
		{
			name: "key in the wrong section",
			text: "Username = 'root'\n[Kubernetes]\nRegion = 'us-east-2'\n",
			want: []string{
				"f:3: Kubernetes.Region: there is no such key, did you mean Fargate.Region?",
				"f:1: Username: there is no such key, did you mean SSH.Username?",
			},
		},
		{
			name: "key like no other",
			text: "[Kubernetes]\n[Runner]\nqwertzuiop = 1\n",
			want: []string{"f:3: Runner.qwertzuiop: there is no such key, remove it or use one of: Runner.BuildsDir, Runner.CacheDir, Runner.Shell"},
		},
		{
			name: "wrong types",
			text: "LogFile = 1\nLogLevel = 2024-01-01\n[Kubernetes]\nTaskClass = ['a']\n[Fargate]\nEnablePublicIP = 'yes'\n[SSH]\nUsername = true\nPort = '22'\nReadyTimeout = 90\n",
			want: []string{
				"f:6: Fargate.EnablePublicIP: must be true or false, without quotes, not a text",
				"f:4: Kubernetes.TaskClass: must be a text in quotes, not a list",
				"f:1: LogFile: must be a text in quotes, not a number",
				"f:2: LogLevel: must be a text in quotes, not a date or time",
				"f:9: SSH.Port: must be a whole number, without quotes, not a text",
				`f:10: SSH.ReadyTimeout: must be a time span in quotes such as "90s" or "2m", not a number`,
				"f:8: SSH.Username: must be a text in quotes, not true or false",
			},
		},
		{
			name: "sections that are none",
			text: "Kubernetes = 'ci'\nTaskMetadata = 1.5\n[[SSH]]\nPort = 1\n[LogFile]\n",
			want: []string{
				"f:1: Kubernetes: must be a section in brackets with keys below it, not a text",
				"f:5: LogFile: must be a text in quotes, not a section",
				"f:3: SSH: must be a section in brackets with keys below it, not a list",
				"f:2: TaskMetadata: must be a section in brackets with keys below it, not a number with a fraction",
			},
		},
		{
			name: "time span without unit",
			text: "[Kubernetes]\n[SSH]\nReadyTimeout = '90'\n",
			want: []string{`f:3: SSH.ReadyTimeout: must be a time span in quotes such as "90s" or "2m", not "90"`},
		},
		{
			name: "values that cannot work",
			text: "LogLevel = 'verbose'\nLogFormat = 'xml'\n[Kubernetes]\nNamespace = 'a.b'\nTaskClass = 'Big'\n[SSH]\nPort = 65536\nReadyTimeout = '-1s'\n[Runner]\nBuildsDir = 'builds'\nCacheDir = './c'\n",
			want: []string{
				`f:1: LogLevel: must be debug, info, warn or error, not "verbose"`,
				`f:2: LogFormat: must be text or json, not "xml"`,
				`f:4: Kubernetes.Namespace: "a.b" is not a valid name of a Kubernetes object: `,
				`f:5: Kubernetes.TaskClass: "Big" is not a valid name of a Kubernetes object: `,
				"f:7: SSH.Port: must be at most 65535, not 65536; below 1 means 22",
				"f:8: SSH.ReadyTimeout: must be above 0, not -1s",
				`f:10: Runner.BuildsDir: must be an absolute path in the task, such as /builds, not "builds"`,
				`f:11: Runner.CacheDir: must be an absolute path in the task, such as /builds, not "./c"`,
			},
		},
		{
			name: "words that there are not",
			text: "[Kubernetes]\n[SSH]\nKeyType = 'dsa'\n[Runner]\nShell = 'fish'\n",
			want: []string{
				`f:3: SSH.KeyType: must be one of Ed25519, ECDSA, RSA, not "dsa"`,
				`f:5: Runner.Shell: must be one of bash, sh, pwsh, not "fish"`,
			},
		},
		{
			name: "neither mode",
			text: "",
			want: []string{
				"f: the section [Fargate] must have Cluster, Region, Subnet, TaskDefinition: set the missing keys (TaskDefinition even if --task-def or the CI variable FARGATE_TASK_DEFINITION replaces it), or add the section [Kubernetes], in which all keys are optional, to run jobs through the controller",
				"f: TaskMetadata.Directory: without Kubernetes, jobs need a directory for their state: set it, for example to /opt/gitlab-runner/metadata",
			},
		},
		{
			name: "everything but a place in AWS",
			text: "TaskMetadata.Directory = '/m'\n[Fargate]\nCluster = 'c'\nTaskDefinition = 'd'\n",
			want: []string{
				"f: the section [Fargate] must have Region, Subnet: set the missing keys, or add the section [Kubernetes], in which all keys are optional, to run jobs through the controller",
			},
		},
		{
			name: "half of the existing driver's file",
			text: "[Fargate]\nCluster = 'c'\nSubnets = ['subnet-1']\n",
			want: []string{
				"f: the section [Fargate] must have Region, TaskDefinition: set the missing keys (TaskDefinition even if --task-def or the CI variable FARGATE_TASK_DEFINITION replaces it), or add the section [Kubernetes], in which all keys are optional, to run jobs through the controller",
				"f: TaskMetadata.Directory: without Kubernetes, jobs need a directory for their state: set it, for example to /opt/gitlab-runner/metadata",
			},
		},
		{
			name: "no TOML",
			text: "LogLevel = \"info\"\nLogFormat text\n",
			want: []string{"f:2:11: this is not valid TOML: "},
		},
		{
			name: "key twice",
			text: "[Kubernetes]\nNamespace = 'a'\nNamespace = 'b'\n",
			want: []string{"f:3:1: this is not valid TOML: "},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, err := parse("f", []byte(tc.text))
			if err == nil {
				t.Fatal("no error")
			}
			got := strings.Split(err.Error(), "\n")
			if len(got) != len(tc.want) {
				t.Fatalf("%d problems, want %d:\n%v", len(got), len(tc.want), err)
			}
			for i, want := range tc.want {
				// What ends in a colon is followed by a library's words.
				if got[i] != want && (!strings.HasSuffix(want, ": ") || !strings.HasPrefix(got[i], want)) {
					t.Errorf("got  %s\nwant %s", got[i], want)
				}
			}
			var problem *Problem
			if !errors.As(err, &problem) {
				t.Errorf("%T holds no *Problem", err)
			}
		})
	}
}

func TestLoad_FileCannotBeRead_NamesItAndTheCure(t *testing.T) {
	for name, path := range map[string]string{
		"missing":  filepath.Join(t.TempDir(), "fargate.toml"),
		"a folder": t.TempDir(),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Load(path)
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "--config") {
				t.Errorf("got %v, want an error with the path and --config", err)
			}
		})
	}
}

func TestLoad_ReadsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fargate.toml")
	if err := os.WriteFile(path, []byte(complete), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := Load(path)
	if err != nil || config.Kubernetes.Namespace != "ci" {
		t.Errorf("got %+v, %v", config, err)
	}
}

func TestSSH_PortOr(t *testing.T) {
	tests := []struct {
		name string
		port *int
		want int
	}{
		{"omitted: the class decides", nil, 2222},
		{"below 1", ptr(0), 22},
		{"negative", ptr(-5), 22},
		{"given", ptr(2022), 2022},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if got := (SSH{Port: tc.port}).PortOr(2222); got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(complete)
	f.Add("[Kubernetes]\n")
	f.Add("[[SSH]]\nPort = 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		config, err := parse("f", []byte(text))
		if err != nil {
			var problem *Problem
			if !errors.As(err, &problem) {
				t.Errorf("%v holds no *Problem", err)
			}
			return
		}
		if config.SSH.ReadyTimeout <= 0 || config.SSH.ConnectTimeout < 0 || config.SSH.KeepAliveInterval < 0 {
			t.Errorf("accepted without what every caller needs: %+v", config)
		}
		config.Idle()
		if spec := config.Class().Spec; config.Kubernetes == nil && (spec.Cluster == "" || len(spec.Network.Subnets) == 0) {
			t.Errorf("accepted without what a launch needs: %+v", spec)
		}
		if port := config.SSH.PortOr(22); port < 1 || port > maxPort {
			t.Errorf("port %d", port)
		}
	})
}
