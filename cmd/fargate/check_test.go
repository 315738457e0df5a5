package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConfigCheck_ValidFile_PrintsWhatIsInForce(t *testing.T) {
	a := newAttempt(t)
	file := a.write("checked.toml", `[Fargate]
Cluster = "c"
Region = "us-east-2"
Subnet = "subnet-1"
TaskDefinition = "d"
[Overrides]
TaskClasses = ["large"]
[TaskMetadata]
Directory = "/m"
`)
	want := "# " + file + ` is valid: jobs run without Kubernetes, in the tasks that [Fargate] describes.

LogLevel = 'debug'
LogFormat = 'text'

[Fargate]
Cluster = 'c'
Region = 'us-east-2'
Subnet = 'subnet-1'
TaskDefinition = 'pinned:3'

[TaskMetadata]
Directory = '/m'

[SSH]
ReadyTimeout = '2m0s'
RetryTimeout = '30s'
# no effect: Overrides.TaskClasses: there are no task classes without the section [Kubernetes]
`
	checked := a.wait(a.startWith("--config", file, "--debug", "--task-def", "pinned:3", "config", "check"), 0)
	if diff := cmp.Diff(want, checked.stdout.String()); diff != "" {
		t.Errorf("output differs (-want +got):\n%s", diff)
	}
}

func TestConfigCheck_WrongFile_NamesAllProblemsAndEndsWith1(t *testing.T) {
	a := newAttempt(t)
	file := a.write("broken.toml", "LogLevl = 'info'\n[SSH]\nPort = '22'\n")
	usable := a.write("usable.toml", "LogLevel = 'Warning'\n[Kubernetes]\n")
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"wrong":   {[]string{"--config", file, "config", "check"}, []string{"broken.toml:1: LogLevl", "broken.toml:3: SSH.Port"}},
		"missing": {[]string{"--config", filepath.Join(t.TempDir(), "missing.toml"), "config", "check"}, []string{"missing.toml"}},
		"flags":   {[]string{"--config", usable, "--log-level", "loud", "config", "check"}, []string{`--log-level must be debug, info, warn or error, not "loud"`}},
		"none":    {[]string{"config", "check"}, []string{"give the path of fargate.toml with --config"}},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr strings.Builder
			command := exec.CommandContext(t.Context(), program, test.args...)
			command.Stderr = &stderr
			_ = command.Run()
			if code := command.ProcessState.ExitCode(); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			wantText(t, stderr.String(), test.want...)
		})
	}
}
