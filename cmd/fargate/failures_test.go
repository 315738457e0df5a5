package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// TestRun_EveryEnd_SaysWhoFailed goes through the ways in which a run stage
// ends. The ends of prepare are in TestPrepare_Stalled_ExitCodeTellsWhoseFault,
// those of a wrong call in TestCommandLine_Wrong_SaysWhatToDo, those by a
// signal in TestRun_SIGTERM_EndsTheScriptAndLeavesTheTask.
func TestRun_EveryEnd_SaysWhoFailed(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		spoil  func(*attempt, *sshdtest.Server)
		code   int
		report string // content of BUILD_EXIT_CODE_FILE; no file if empty
		cause  string // the last line of the job log is red and has this in it
	}{
		"success":         {script: "true"},
		"exit code":       {script: "exit 7", code: buildFailure, report: "7"},
		"highest code":    {script: "exit 255", code: buildFailure, report: "255"},
		"our own code":    {script: fmt.Sprintf("exit %d", systemFailure), code: buildFailure, report: fmt.Sprint(systemFailure)},
		"no such command": {script: "no-such-command", code: buildFailure, report: "127"},
		"killed, as by OOM": {
			script: "kill -9 $$", code: buildFailure, report: "137",
			cause: "the script was ended by signal KILL (exit code 137)",
		},
		"task dies under the script": {
			script: "kill -9 $PPID", spoil: (*attempt).taskDied, code: systemFailure,
			cause: "EssentialContainerExited",
		},
		"task is gone before the script": {
			script: "true",
			spoil: func(a *attempt, server *sshdtest.Server) {
				a.taskDied(server)
				server.Stop()
			},
			code: systemFailure, cause: "container ci-coordinator exited with code 137",
		},
		"another server at the address": {
			script: "true",
			spoil: func(a *attempt, server *sshdtest.Server) {
				a.rewriteConnection(fmt.Sprintf(`"port":%d`, server.Port), fmt.Sprintf(`"port":%d`, sshdtest.Start(a.t).Port))
			},
			code: systemFailure, cause: "which was pinned at first contact",
		},
		"key is refused": {
			script: "true",
			spoil: func(a *attempt, server *sshdtest.Server) {
				if err := os.Remove(server.AuthorizedKeys); err != nil {
					a.t.Fatal(err)
				}
			},
			code: systemFailure, cause: "refused user",
		},
		"connection file is cut": {
			script: "true",
			spoil:  func(a *attempt, _ *sshdtest.Server) { a.rewriteConnection("}", "") },
			code:   systemFailure, cause: "is damaged",
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := sshdtest.Start(t)
			a := newAttempt(t)
			a.prepared(server)
			a.write("exit_code", "99") // of an earlier stage
			if test.spoil != nil {
				test.spoil(a, server)
			}
			run := a.wait(a.start("custom", "run", a.write("script", test.script), "build_script"), test.code)
			reported, _ := os.ReadFile(a.path("exit_code"))
			if string(reported) != test.report {
				t.Errorf("BUILD_EXIT_CODE_FILE has %q, want %q", reported, test.report)
			}
			wantCause(t, run.stderr.String(), test.cause)
			a.wait(a.start("custom", "cleanup"), 0)
			a.wantNothingLeft()
		})
	}
}

func TestPrepare_Killed_CleanupFindsTheJob(t *testing.T) {
	a := newAttempt(t)
	prepare := a.start("custom", "prepare")
	a.controlled(launching)
	if err := prepare.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = prepare.command.Wait()
	if n := len(a.jobs()); n != 1 {
		t.Fatalf("%d FargateJobs are left by a killed prepare stage, want one", n)
	}
	a.wait(a.start("custom", "cleanup"), 0)
	a.wantNothingLeft()
}

// launching is the state that the controller gives a job first.
func launching(job *v1alpha1.FargateJob) {
	setCondition(job, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonPending, "the task is being launched")
}

// wantCause checks the last line of a job log: one line in bold red.
func wantCause(t *testing.T, log, cause string) {
	t.Helper()
	if cause == "" {
		if strings.Contains(log, "\x1b[31;1m") {
			t.Errorf("the job log has a failure of ours:\n%s", log)
		}
		return
	}
	lines := strings.Split(strings.TrimSuffix(log, "\n"), "\n")
	last := lines[len(lines)-1]
	if !strings.HasPrefix(last, "\x1b[31;1mfargate: ") || !strings.HasSuffix(last, "\x1b[0;m") || !strings.Contains(last, cause) {
		t.Errorf("the job log ends in %q, want a red line with %q", last, cause)
	}
}

// taskDied plays the controller that has seen the end of the task.
func (a *attempt) taskDied(*sshdtest.Server) {
	a.t.Helper()
	a.controlled(func(job *v1alpha1.FargateJob) {
		setCondition(job, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonEssentialContainerExited,
			"task abc stopped: Essential container in task exited: container ci-coordinator exited with code 137")
	})
}

// rewriteConnection changes what prepare has left for run.
func (a *attempt) rewriteConnection(old, instead string) {
	a.t.Helper()
	files := a.connectionFiles()
	if len(files) != 1 {
		a.t.Fatalf("connection files: %v, want one", files)
	}
	a.rewrite(files[0], old, instead)
}
