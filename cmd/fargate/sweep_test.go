package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

func TestSweep_Wrong_SaysWhatToDo(t *testing.T) {
	a := newAttempt(t)
	directory := t.TempDir()
	config := func(name, metadata string) string {
		return a.write(name, "[Fargate]\nCluster = 'ci'\nRegion = 'us-east-1'\nSubnet = 'subnet-1'\nTaskDefinition = 'ci'\n"+metadata)
	}
	usable := config("usable.toml", fmt.Sprintf("[TaskMetadata]\nDirectory = %q\n", directory))
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"no configuration":   {[]string{"sweep"}, []string{"--config"}},
		"negative age":       {[]string{"--config", usable, "sweep", "--older-than", "-1h"}, []string{"--older-than must be an age such as 24h, not -1h"}},
		"argument":           {[]string{"--config", usable, "sweep", "now"}, []string{`unknown command "now"`}},
		"no directory":       {[]string{"--config", config("none.toml", ""), "sweep"}, []string{"TaskMetadata.Directory"}},
		"directory missing":  {[]string{"--config", config("gone.toml", "[TaskMetadata]\nDirectory = '/no/such/directory'\n"), "sweep"}, []string{"/no/such/directory does not exist"}},
		"AWS is unreachable": {[]string{"--config", usable, "sweep", "--stop"}, []string{"listing the cluster's tasks: AWS could not be reached"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
			t.Setenv("AWS_ACCESS_KEY_ID", "x")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
			l := a.wait(a.startWith(test.args...), systemFailure)
			wantText(t, l.stderr.String(), append(test.want, "fargate: ")...)
		})
	}
	if entries, err := os.ReadDir(directory); err != nil || len(entries) != 1 {
		t.Errorf("the directory has %d entries (%v), want the mark of the installation", len(entries), err)
	}
}

// abandon starts tasks of the directory's installation that belong to no job,
// and lets an hour pass.
func abandon(t *testing.T, aws *localecstest.Env, directory string, tasks int) {
	t.Helper()
	installation, err := os.ReadFile(filepath.Join(directory, "installation"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range tasks {
		_, err := (&ecs.Clients{}).Launch(t.Context(), ecs.Launch{
			Template: &v1alpha1.TaskTemplate{
				Region: "us-east-1", Cluster: "ci", TaskDefinition: "ci", ContainerName: "ci-coordinator",
				Network: v1alpha1.Network{Subnets: []string{"subnet-local-a"}},
			},
			SSHPublicKey: "ssh-ed25519 AAAA",
			Owner:        ecs.Owner{Installation: strings.TrimSpace(string(installation)), UID: fmt.Sprintf("gone-%d", i)},
			Attempt:      1,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	aws.SetAhead(time.Hour)
}

func TestSweep_TextOfAnAuthor_ForgesNoLine(t *testing.T) {
	a := newAttempt(t)
	localecstest.Start(t, localecs.Config{})
	directory := t.TempDir()
	config := a.write("standalone.toml", standaloneConfig(directory, ""))
	state := `{"apiVersion": "ci.fargate-operator.dev/v1alpha1", "kind": "FargateJob",
		"metadata": {"name": "job-1-forged", "uid": "a", "creationTimestamp": "2020-01-01T00:00:00Z"},
		"spec": {"job": {"id": 1, "name": "\u009b2Jbuild", "projectPath": "group\n0 left behind, 0 cleaned up\n\u001b[8m\u202e"}}}`
	if err := os.WriteFile(filepath.Join(directory, "job-1-forged.state.json"), []byte(state), 0o600); err != nil {
		t.Fatal(err)
	}
	output := a.wait(a.startWith("--config", config, "sweep"), 0).stdout.String()
	wantText(t, output, "of group 0 left behind, 0 cleaned up [8m\ufffd was created", "1 left behind, run fargate sweep --stop")
	if lines := strings.Count(output, "\n"); lines != 2 || strings.ContainsAny(output, "\x1b\u009b\u202e") {
		t.Errorf("%d lines: %q", lines, output)
	}
}

// standaloneConfig is a fargate.toml without Kubernetes, with more keys of
// [TaskMetadata].
func standaloneConfig(directory, more string) string {
	return fmt.Sprintf("[Fargate]\nCluster = 'ci'\nRegion = 'us-east-1'\nSubnet = 'subnet-local-a'\nTaskDefinition = 'ci'\n[TaskMetadata]\nDirectory = %q\n%s", directory, more)
}

func TestSweep_OneOfTwoCannotBeStopped_StopsTheOtherAndFails(t *testing.T) {
	a := newAttempt(t)
	aws := localecstest.Start(t, localecs.Config{})
	directory := t.TempDir()
	config := a.write("standalone.toml", standaloneConfig(directory, ""))
	sweep := func(code int, args ...string) *launched {
		return a.wait(a.startWith(append([]string{"--config", config, "sweep"}, args...)...), code)
	}
	wantText(t, sweep(0).stdout.String(), "nothing left behind\n")

	abandon(t, aws, directory, 2)
	wantText(t, sweep(0).stdout.String(), "left behind: task arn:aws:ecs:", "belongs to no job in "+directory,
		"2 left behind, run fargate sweep --stop to clean up\n")

	aws.FailNext("StopTask", 1, localecs.ErrorFault(localecs.APIError{Code: "AccessDeniedException", Message: "not this one", Status: 400}))
	partly := sweep(systemFailure, "--stop")
	wantText(t, partly.stdout.String(), "cleaned up: task arn:aws:ecs:", "2 left behind, 1 cleaned up\n")
	wantText(t, partly.stderr.String(), "fargate: cleaning up task arn:aws:ecs:", "not this one")

	wantText(t, sweep(0, "--stop").stdout.String(), "1 left behind, 1 cleaned up\n")
	wantText(t, sweep(0, "--stop").stdout.String(), "0 left behind, 0 cleaned up\n")
}
