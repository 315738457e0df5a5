package main

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// without removes a variable that the runner does not set.
func (l *launched) without(variable string) *launched {
	l.command.Env = slices.DeleteFunc(l.command.Env, func(entry string) bool { return strings.HasPrefix(entry, variable+"=") })
	return l
}

func TestRun_RunnerBefore179_LogHasTheScriptsCode(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.prepared(server)
	for script, want := range map[string]string{"exit 7": "the script exited with code 7", "exit 1": "the script exited with code 1"} {
		run := a.launchOf("--config", a.config, "custom", "run", a.write("script", script), "build_script").without("BUILD_EXIT_CODE_FILE")
		a.begin(run)
		a.wait(run, buildFailure)
		wantCause(t, run.stderr.String(), want)
	}
	a.wait(a.start("custom", "cleanup"), 0)
}

func TestPrepare_LogAtDebug_GoesTheSameWay(t *testing.T) {
	a := newAttempt(t)
	a.rewrite(a.config, "LogFile = ", "#")
	a.rewriteKubeconfig("token: ", "token: x")
	prepare := a.wait(a.start("custom", "prepare"), systemFailure)
	wantText(t, prepare.stdout.String(), "level=ERROR", "does not accept the executor's credentials")
	wantCause(t, prepare.stdout.String(), "does not accept the executor's credentials")
	if text := prepare.stderr.String(); text != "" {
		t.Errorf("stderr has %q", text)
	}
}

func TestTell_TextFromOutside_ForgesNoLineInTheJobLog(t *testing.T) {
	var log bytes.Buffer
	l := &launch{stageName: runStage, stderr: &log}
	l.tell(errors.Join(errors.New("ssh: disconnect: bye\r\n\x1b[32;1mJob succeeded"), errors.New("second")), false)
	if got, want := log.String(), gitlab.Failure("fargate: ssh: disconnect: bye [32;1mJob succeeded\nsecond")+"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
