package main

import (
	"fmt"
	"os"
	"testing"
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
