package executor

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// again is another attempt at the same job, with the same configuration and its
// own TMPDIR, as gitlab-runner makes it.
func (a *attempt) again(t *testing.T) *attempt {
	t.Helper()
	next := newAttempt(t)
	next.store = a.store
	next.OpenStore, next.Directory = a.OpenStore, a.Directory
	return next
}

func TestPrepare_SecondAttempt_DoesNotMeetTheFirst(t *testing.T) {
	server := sshdtest.Start(t)
	first := newAttempt(t)
	first.Directory = t.TempDir()
	first.startsOnAny(t, server)
	if err := first.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := first.again(t)
	if err := second.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := first.store.count(); n != 2 {
		t.Fatalf("%d jobs, want one for each attempt", n)
	}
	// The runner may clean up the first attempt at any time.
	if err := first.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := second.Run(t.Context(), second.script(t, "true"), "get_sources"); err != nil {
		t.Errorf("the second attempt lost its task with the first: %v", err)
	}
	if err := second.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := first.store.count(); n != 0 {
		t.Errorf("%d jobs are left", n)
	}
	if files, err := os.ReadDir(first.Directory); err != nil || len(files) != 0 {
		t.Errorf("files are left: %v (%v)", files, err)
	}
}

func TestPrepare_TwiceAtOnceInOneAttempt_MakesOneJob(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.startsOnAny(t, server)
	errs := make([]error, 2)
	var both sync.WaitGroup
	for i := range errs {
		both.Go(func() { errs[i] = a.Prepare(t.Context()) })
	}
	both.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Fatalf("got %v and %v, want one to succeed", errs[0], errs[1])
	}
	for _, err := range errs {
		if err != nil {
			wantError(t, err, "another prepare stage of this attempt is running")
			wantSystemFailure(t, err)
		}
	}
	if n := a.store.count(); n != 1 {
		t.Errorf("%d jobs, want one", n)
	}
	if err := a.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.wantNothingLeft(t)
}

func TestRun_SameStageTwiceAtOnce_BothRun(t *testing.T) {
	a := newAttempt(t)
	a.connected(t, sshdtest.Start(t))
	var both sync.WaitGroup
	for i := range 2 {
		script := a.dir + fmt.Sprintf("/script-%d", i)
		// Each waits for the other.
		write(t, script, fmt.Sprintf("echo up%d; touch %[2]s/up%[1]d; until [ -e %[2]s/up%[3]d ]; do sleep 0.05; done; exit %[4]d", i, a.dir, 1-i, i+3))
		both.Go(func() {
			wantBuildFailure(t, a.Run(t.Context(), script, "build_script"), i+3)
		})
	}
	both.Wait()
	wantText(t, a.stdout.String(), "up0", "up1")
}

func TestRun_GetSourcesIsRepeated_ForgetsTheFailureBefore(t *testing.T) {
	a := newAttempt(t)
	a.connected(t, sshdtest.Start(t))
	script := a.script(t, "if mkdir "+a.dir+"/checkout 2>/dev/null; then exit 128; fi; echo fetched")
	wantBuildFailure(t, a.Run(t.Context(), script, "get_sources"), 128)
	if err := a.Run(t.Context(), script, "get_sources"); err != nil {
		t.Fatal(err)
	}
	wantText(t, a.stdout.String(), "fetched")
}

func TestCleanup_TwiceAtOnce_IsNoError(t *testing.T) {
	a := newAttempt(t)
	a.withJob(t, sshdtest.New(t))
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if err := a.Cleanup(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	a.wantNothingLeft(t)
}

func TestRun_PowerShellScript_IsRunByPwsh(t *testing.T) {
	a := newAttempt(t)
	a.connected(t, sshdtest.Start(t, "SetEnv PATH="+a.dir+":"+os.Getenv("PATH")))
	pwsh := a.dir + "/pwsh"
	write(t, pwsh, "#!/bin/sh\nexec sed 's/^/pwsh got: /'\n")
	if err := os.Chmod(pwsh, 0o700); err != nil {
		t.Fatal(err)
	}
	script := a.dir + "/script.ps1"
	write(t, script, "& {\n\"hello\"\n}\n\n")
	if err := a.Run(t.Context(), script, "build_script"); err != nil {
		t.Fatalf("%v\n%s", err, a.stderr.String())
	}
	if got := a.stdout.String(); !strings.Contains(got, "pwsh got: \"hello\"\n") {
		t.Errorf("stdout is %q", got)
	}
}
