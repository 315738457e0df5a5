package fakerunner

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// configured runs the config stage of a driver that prints a text.
func configured(t *testing.T, runner *Runner, prints string) (*Attempt, error) {
	t.Helper()
	driver := filepath.Join(t.TempDir(), "driver")
	if err := os.WriteFile(driver, []byte("#!/bin/sh\ncat <<'END'\n"+prints+"\nEND\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	runner.Custom = Custom{ConfigExec: driver}
	attempt, err := runner.Begin(Job{ProjectPath: "group/project"}, &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := attempt.end(); err != nil {
			t.Error(err)
		}
	})
	return attempt, attempt.Config(t.Context())
}

func TestConfig_BuildsDir_IsTheDriversThenTheRunners(t *testing.T) {
	for name, test := range map[string]struct{ runners, prints, want string }{
		"the runner's only": {"/of/runner", "{}", "/of/runner/group/project"},
		"the driver's only": {"", `{"builds_dir": "/of/driver"}`, "/of/driver/group/project"},
		"both":              {"/of/runner", `{"builds_dir": "/of/driver"}`, "/of/driver/group/project"},
	} {
		t.Run(name, func(t *testing.T) {
			attempt, err := configured(t, &Runner{BuildsDir: test.runners}, test.prints)
			if err != nil {
				t.Fatal(err)
			}
			for _, stage := range []string{"prepare_script", "get_sources", "build_script", "after_script", "cleanup_file_variables"} {
				if script := string(attempt.script(stage)); !strings.Contains(script, test.want) {
					t.Errorf("%s does not work in %s:\n%s", stage, test.want, script)
				}
			}
		})
	}
}

func TestConfig_OutputThatCannotBeUsed_IsASystemFailure(t *testing.T) {
	for name, test := range map[string]struct{ prints, want string }{
		"no folder of builds": {"{}", "the builds_dir is not configured"},
		"another shell":       {`{"builds_dir": "/b", "shell": "pwsh"}`, "shell pwsh"},
		"no JSON":             {"builds_dir=/b", "is not valid JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := configured(t, &Runner{}, test.prints)
			var failure *SystemFailure
			if !errors.As(err, &failure) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want a system failure with %q", err, test.want)
			}
		})
	}
}
