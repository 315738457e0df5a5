package executor

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// signaled are scripts that a signal ends, as the server reports it or a shell.
var signaled = map[string]struct {
	script string
	code   int
}{
	"SIGTERM":               {"kill -s TERM $$; sleep 60", 143},
	"SIGKILL":               {"kill -s KILL $$; sleep 60", 137},
	"SIGTERM, by a shell":   {"sh -c 'kill -s TERM $$'; exit $?", 143},
	"SIGKILL, by a shell":   {"sh -c 'kill -s KILL $$'; exit $?", 137},
	"the image's own: INT":  {"sh -c 'kill -s INT $$'; exit 130", 130},
	"the image's own: QUIT": {"exit 131", 131},
	"the session's: HUP":    {"kill -s HUP $$; sleep 60", 129},
}

// signaledOn runs each of these scripts on a task of which the store says something.
func signaledOn(t *testing.T, arrange func(*attempt, *connection), check func(*testing.T, *attempt, error, int)) {
	t.Helper()
	server := sshdtest.Start(t)
	for name, test := range signaled {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			conn := a.connected(t, server)
			a.store.jobs[conn.job()] = &v1alpha1.FargateJob{}
			arrange(a, conn)
			check(t, a, a.Run(t.Context(), a.script(t, test.script), "build_script"), test.code)
		})
	}
}

func TestRun_SignalWhileTheTaskStops_IsASystemFailureWithTheReason(t *testing.T) {
	signaledOn(t, func(a *attempt, conn *connection) {
		a.limits.explain = time.Minute
		a.store.change(conn.job(), readyAt("127.0.0.1", 22, "root"))
		time.AfterFunc(20*time.Millisecond, func() {
			a.store.change(conn.job(), stalledBecause(v1alpha1.ReasonSpotInterruption, "Your Spot Task was interrupted."))
		})
	}, func(t *testing.T, _ *attempt, err error, _ int) {
		t.Helper()
		wantSystemFailure(t, err)
		wantError(t, err, "SpotInterruption", "Your Spot Task was interrupted.")
	})
}

func TestRun_SignalWhileTheJobIsDeleted_IsASystemFailure(t *testing.T) {
	signaledOn(t, func(a *attempt, conn *connection) {
		_ = a.store.Delete(context.Background(), conn.job())
	}, func(t *testing.T, _ *attempt, err error, _ int) {
		t.Helper()
		wantSystemFailure(t, err)
		wantError(t, err, "was deleted while its script ran")
	})
}

func TestRun_SignalWhileTheTaskRuns_IsTheAuthors(t *testing.T) {
	signaledOn(t, func(a *attempt, conn *connection) {
		a.store.change(conn.job(), readyAt("127.0.0.1", 22, "root"))
	}, func(t *testing.T, _ *attempt, err error, code int) {
		t.Helper()
		wantBuildFailure(t, err, code)
	})
}

func TestRun_SignalAndTheStoreIsSilent_IsTheAuthorsAndSaysSo(t *testing.T) {
	signaledOn(t, func(a *attempt, _ *connection) {
		a.store.failWatch(forever(errDown)...)
	}, func(t *testing.T, _ *attempt, err error, code int) {
		t.Helper()
		wantBuildFailure(t, err, code)
		wantError(t, err, "cannot tell whether its task is being stopped", "does not answer")
	})
}

func TestRun_ScriptFailsByItself_AsksNobody(t *testing.T) {
	server := sshdtest.Start(t)
	for name, script := range map[string]string{
		"exit code":          "exit 7",
		"highest exit code":  "exit 255",
		"its own crash":      "kill -s SEGV $$; sleep 60",
		"a child's crash":    "exit 139",
		"beyond all signals": "exit 200",
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			a.connected(t, server)
			a.OpenStore = func() (JobStore, string, error) {
				t.Error("run opened the job store")
				return nil, "", errors.New("no")
			}
			err := a.Run(t.Context(), a.script(t, script), "build_script")
			if err == nil {
				t.Fatal("no error")
			}
		})
	}
}

func TestMaySignalStop_SignalsOfAStop(t *testing.T) {
	for exit, want := range map[sshrun.ExitError]bool{
		{Code: 143, Signal: "TERM"}: true,
		{Code: 137, Signal: "KILL"}: true,
		{Code: 143}:                 true,
		{Code: 137}:                 true,
		{Code: 139, Signal: "SEGV"}: false,
		{Code: 1}:                   false,
	} {
		if got := maySignalStop(&exit); got != want {
			t.Errorf("%+v: %t, want %t", exit, got, want)
		}
	}
}
