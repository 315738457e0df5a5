package main

import (
	"bufio"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// startRead launches the binary and returns the job log, which the test reads
// and closes as gitlab-runner does.
func (a *attempt) startRead(args ...string) (*launched, io.ReadCloser) {
	a.t.Helper()
	l := a.launchOf(append([]string{"--config", a.config}, args...)...)
	log, err := l.command.StdoutPipe()
	if err != nil {
		a.t.Fatal(err)
	}
	a.begin(l)
	return l, log
}

func TestRun_RunnerIsGone_EndsTheScript(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.prepared(server)
	run, log := a.startRead("custom", "run", a.write("script", "echo $$; exec yes"), "build_script")
	pid, err := bufio.NewReader(log).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	a.wait(run, systemFailure)
	eventually.Holds(a.t, "the script is gone", func() bool {
		_, err := os.Stat(filepath.Join("/proc", strings.TrimSpace(pid)))
		return err != nil
	})
	a.wantNothingLeft()
	a.wait(a.start("custom", "cleanup"), 0)
}

func TestPrepare_RunnerIsGone_LeavesNothing(t *testing.T) {
	a := newAttempt(t)
	prepare, log := a.startRead("custom", "prepare")
	job := a.created()
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	a.setStatus(job, launching) // the next line of the job log, unless its first one failed
	a.wait(prepare, systemFailure)
	wantText(t, prepare.stderr.String(), "gitlab-runner")
	a.wantNothingLeft()
}
