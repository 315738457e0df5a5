package main

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
)

// completeFile has every key that reaches the stages.
const completeFile = `
[Kubernetes]
Namespace = "ci"
TaskClass = "large"
[Fargate]
Cluster = "old"
[Overrides]
TaskClasses = ["gpu-*", "small"]
MaxCPU = 1024
[TaskMetadata]
Directory = "/metadata"
[SSH]
Username = "ci"
Port = 2222
ConnectTimeout = "7s"
KeepAliveInterval = "25s"
ReadyTimeout = "90s"
RetryTimeout = "1m"
[Runner]
BuildsDir = "/work"
CacheDir = "/work/cache"
Shell = "pwsh"
`

func TestOptions_CompleteFile_AllOfItReachesTheStages(t *testing.T) {
	for name, value := range map[string]string{"POD_NAMESPACE": "ci", "POD_NAME": "runner-0", "POD_UID": "1234"} {
		t.Setenv(name, value)
	}
	environment, err := gitlab.ParseEnvironment([]string{"TMPDIR=/attempt", "CUSTOM_ENV_CI_JOB_ID=4711"})
	if err != nil {
		t.Fatal(err)
	}
	l := &launch{environment: environment, stdout: io.Discard, stderr: io.Discard, flags: flags{
		config: newAttempt(t).write("complete.toml", completeFile), taskDefinition: "pinned:3", platformVersion: "1.4.0",
	}}
	config, err := l.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	want := executor.Options{
		Environment:     environment,
		Class:           "large",
		Classes:         []string{"gpu-*", "small"},
		TaskDefinition:  "pinned:3",
		PlatformVersion: "1.4.0",
		Pod:             executor.Pod{Namespace: "ci", Name: "runner-0", UID: "1234"},
		Idle: []string{
			"Fargate.Cluster: spec.cluster of the FargateTaskClass takes its place",
			"Overrides.MaxCPU: spec.allowedOverrides.maxCPU of the FargateTaskClass takes its place",
		},
		Directory:      "/metadata",
		Username:       "ci",
		Port:           2222,
		ReadyTimeout:   90 * time.Second,
		RetryTimeout:   time.Minute,
		ConnectTimeout: 7 * time.Second,
		KeepAlive:      25 * time.Second,
		BuildsDir:      "/work",
		CacheDir:       "/work/cache",
		Shell:          "pwsh",
		Hostname:       hostname(),
	}
	got := l.options(config, slog.New(slog.DiscardHandler))
	if got.OpenStore == nil || got.Stdout == nil || got.Stderr == nil || got.Log == nil {
		t.Error("the store, the job log or the log is missing")
	}
	if got.LastLines != nil {
		t.Error("the executor reads the container's log: in Kubernetes only the controller has an identity in AWS")
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(gitlab.Environment{}),
		cmpopts.IgnoreFields(executor.Options{}, "OpenStore", "LastLines", "Stdout", "Stderr", "Log")); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
}

func TestOptions_WithoutKubernetes_HaveNoClasses(t *testing.T) {
	l := &launch{flags: flags{config: newAttempt(t).write("standalone.toml", standaloneFile)}}
	config, err := l.loadConfig()
	if err != nil {
		t.Fatal(err)
	}
	got := l.options(config, slog.New(slog.DiscardHandler))
	if got.Class != "" || got.Classes != nil {
		t.Errorf("class %q, classes %q", got.Class, got.Classes)
	}
	if got.LastLines == nil {
		t.Error("the job log does not show the last lines of the container's log")
	}
}

// The class says how to log in to a task, and the file overrules what it names
// alone: no port is 22 here because nobody gave one.
func TestOptions_SSH_IsTheClassesUnlessTheFileNamesIt(t *testing.T) {
	for lines, want := range map[string]executor.Options{
		"":                       {},
		"[SSH]\n":                {},
		"[SSH]\nUsername = 'ci'": {Username: "ci"},
		"[SSH]\nPort = 2222":     {Port: 2222},
		"[SSH]\nPort = 0":        {Port: 22},
	} {
		l := &launch{flags: flags{config: newAttempt(t).write("ssh.toml", "[Kubernetes]\n"+lines)}}
		config, err := l.loadConfig()
		if err != nil {
			t.Fatal(err)
		}
		got := l.options(config, slog.New(slog.DiscardHandler))
		if got.Username != want.Username || got.Port != want.Port {
			t.Errorf("%q: user %q, port %d; want %q, %d (empty and 0 mean the class's)", lines, got.Username, got.Port, want.Username, want.Port)
		}
	}
}
