package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

func TestStages_OneJob_LeavesNothing(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)

	config := a.wait(a.start("custom", "config"), 0)
	wantText(t, config.stdout.String(), `"driver":{"name":"fargate-operator"`)
	prepare := a.prepared(server)
	wantText(t, prepare.stdout.String(), "created FargateJob "+a.namespace+"/job-4711-", "connected to "+server.Address())

	failing := a.write("script", "printf 'out\\000put'; printf 'err' >&2; : s3cret-script; exit 7")
	run := a.wait(a.start("custom", "run", failing, "build_script"), buildFailure)
	if run.stdout.String() != "out\x00put" || run.stderr.String() != "err" {
		t.Errorf("stdout %q, stderr %q", &run.stdout, &run.stderr)
	}
	if code, err := os.ReadFile(a.path("exit_code")); err != nil || string(code) != "7" {
		t.Errorf("BUILD_EXIT_CODE_FILE holds %q (%v), want 7", code, err)
	}

	a.wait(a.start("custom", "run", a.write("script", "true"), "after_script"), 0)
	if _, err := os.Stat(a.path("exit_code")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the exit code of the earlier stage is still there")
	}

	cleanup := a.wait(a.start("custom", "cleanup"), 0)
	wantText(t, cleanup.stdout.String(), "deleted FargateJob "+a.namespace+"/job-4711-")
	a.wantNothingLeft()
	a.wait(a.start("custom", "cleanup"), 0)

	log, err := os.ReadFile(a.logFile)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, string(log), "Created a job", "Deleted a job")
	everything := string(log) + prepare.stdout.String() + prepare.stderr.String() + run.stderr.String()
	for _, secret := range []string{"PRIVATE KEY", "s3cret"} {
		if strings.Contains(everything, secret) {
			t.Errorf("a log shows a secret: %s", secret)
		}
	}
}

func TestRun_SIGTERM_EndsTheScriptAndLeavesTheTask(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.prepared(server)
	script := a.write("script", "sleep 600 & setsid sleep 601 & echo $! ; wait")
	for name, signal := range map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT} {
		t.Run(name, func(t *testing.T) {
			run := a.start("custom", "run", script, "build_script")
			eventually.Holds(a.t, "the script runs", func() bool { return strings.HasSuffix(run.stdout.String(), "\n") })
			if err := run.command.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			a.wait(run, systemFailure)
			wantText(t, run.stderr.String(), "fargate: stage step_script: the script on ", "was canceled, all its processes that could be found have ended")
			wantCause(t, run.stderr.String(), "")
			child := filepath.Join("/proc", strings.TrimSpace(run.stdout.String()))
			eventually.Holds(a.t, "the script's own session is gone", func() bool {
				_, err := os.Stat(child)
				return err != nil
			})
		})
	}
	after := a.wait(a.start("custom", "run", a.write("script", "echo after"), "after_script"), 0)
	if after.stdout.String() != "after\n" {
		t.Errorf("after_script printed %q", &after.stdout)
	}
	a.wait(a.start("custom", "cleanup"), 0)
}

func TestPrepare_SIGTERM_LeavesNothing(t *testing.T) {
	a := newAttempt(t)
	prepare := a.start("custom", "prepare")
	eventually.Holds(a.t, "the job is created", func() bool { return strings.Contains(prepare.stdout.String(), "created FargateJob") })
	if err := prepare.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	a.wait(prepare, systemFailure)
	wantText(t, prepare.stdout.String(), "\nfargate: prepare was canceled")
	wantCause(t, prepare.stdout.String(), "")
	if text := prepare.stderr.String(); text != "" {
		t.Errorf("stderr has %q", text)
	}
	a.wantNothingLeft()
}

func TestPrepare_Stalled_ExitCodeTellsWhoseFault(t *testing.T) {
	for reason, code := range map[string]int{
		v1alpha1.ReasonOverrideRefused: buildFailure,
		v1alpha1.ReasonClassNotFound:   systemFailure,
	} {
		t.Run(reason, func(t *testing.T) {
			a := newAttempt(t)
			prepare := a.start("custom", "prepare")
			a.controlled(func(job *v1alpha1.FargateJob) {
				setCondition(job, v1alpha1.ConditionStalled, metav1.ConditionTrue, reason, "this is why")
			})
			a.wait(prepare, code)
			wantCause(t, prepare.stdout.String(), "("+reason+"): this is why")
			_, below, _ := strings.Cut(prepare.stdout.String(), "section_end:")
			wantText(t, below, "this is why")
			if text := prepare.stderr.String(); text != "" {
				t.Errorf("stderr has %q: the runner may put it anywhere in the job log", text)
			}
			a.wantNothingLeft()
		})
	}
}

func TestCommandLine_Wrong_SaysWhatToDo(t *testing.T) {
	a := newAttempt(t)
	broken := a.write("broken.toml", "[Kubernetes]\nNamspace = 'ci'\n")
	script := a.write("script", "true")
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"no configuration":      {[]string{"custom", "prepare"}, []string{"give the path of fargate.toml with --config"}},
		"configuration missing": {[]string{"--config", a.path("missing.toml"), "custom", "prepare"}, []string{"missing.toml", "--config"}},
		"configuration wrong":   {[]string{"--config", broken, "custom", "config"}, []string{"broken.toml:2: Kubernetes.Namspace", "did you mean Kubernetes.Namespace?"}},
		"no command":            {[]string{"--config", a.config}, []string{"no command: gitlab-runner calls fargate --config FILE custom STAGE"}},
		"unknown command":       {[]string{"--config", a.config, "prepare"}, []string{`there is no command "prepare"`, "custom STAGE"}},
		"config is a command":   {[]string{"--config", a.config, "config"}, []string{"fargate config needs a command", "fargate --config FILE custom config"}},
		"no stage":              {[]string{"--config", a.config, "custom"}, []string{"needs a stage: name one of the stages config, prepare, run and cleanup"}},
		"unknown stage":         {[]string{"--config", a.config, "custom", "start"}, []string{`no stage "start"`}},
		"run without script":    {[]string{"--config", a.config, "custom", "run"}, []string{"takes the path of a script and the name of its stage, got 0 arguments"}},
		"run without stage":     {[]string{"--config", a.config, "custom", "run", script}, []string{"got 1 arguments"}},
		"script missing":        {[]string{"--config", a.config, "custom", "run", a.path("no-script"), "build_script"}, []string{"cannot read the script of stage step_script"}},
		"run before prepare":    {[]string{"--config", a.config, "custom", "run", script, "build_script"}, []string{"there is no connection file"}},
		"log level":             {[]string{"--config", a.config, "--log-level", "loud", "custom", "config"}, []string{"--log-level must be debug, info, warn or error"}},
		"log format":            {[]string{"--config", a.config, "--log-format", "xml", "custom", "config"}, []string{"--log-format must be text or json"}},
		"log file":              {[]string{"--config", a.config, "--log-file", a.path("missing/log"), "custom", "config"}, []string{"cannot write the log file"}},
	} {
		t.Run(name, func(t *testing.T) {
			l := a.wait(a.startWith(test.args...), systemFailure)
			said, silent := &l.stderr, &l.stdout
			if slices.Contains(test.args, "prepare") && slices.Contains(test.args, "custom") {
				said, silent = silent, said
			}
			wantText(t, said.String(), append(test.want, "fargate: ")...)
			if silent.String() != "" {
				t.Errorf("the other output has %q", silent)
			}
		})
	}
	a.wantNothingLeft()
}
