package executor

import (
	"context"
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// logs lets a server's log be that of the job's container.
func (a *attempt) logs(server *sshdtest.Server) {
	a.LastLines = func(context.Context, *v1alpha1.FargateJob, int32) ([]string, error) {
		return strings.Split(strings.TrimSpace(server.Log()), "\n"), nil
	}
}

func TestPrepare_SSHServerRefusesTheKey_SaysWhyWithItsLog(t *testing.T) {
	server := sshdtest.Start(t, "PubkeyAcceptedAlgorithms -ssh-ed25519")
	a := newAttempt(t)
	a.limits.refusal = eventually.Patience
	a.startsOn(t, server)
	a.logs(server)
	wantError(t, a.Prepare(t.Context()), "refused user", "accepts no keys of the type ssh-ed25519", "KeyType")
	_, below, _ := strings.Cut(a.stdout.String(), "section_end:")
	wantText(t, below, "The last lines of the log of the job's container:\n", "not in PubkeyAcceptedAlgorithms")
	a.wantNothingLeft(t)
}

func TestRun_KeyIsNoLongerAccepted_SaysWhyWithTheLog(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.limits.refusal = eventually.Patience
	a.startsOn(t, server)
	a.logs(server)
	if err := a.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	admit(t, server, "")
	err := a.Run(t.Context(), a.script(t, "true"), "step_script")
	wantSystemFailure(t, err)
	wantError(t, err, "stage step_script", "refused user", "has not got the key")
	wantText(t, a.stderr.String(), "The last lines of the log of the job's container:\n")
}

func TestRun_KeyIsRefusedAndTheLogDoesNotSayWhy_AdvisesWhatSSHShows(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.startsOn(t, server)
	if err := a.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	admit(t, server, "")
	a.store.lines = []string{"Server listening on 0.0.0.0 port 22."}
	wantError(t, a.Run(t.Context(), a.script(t, "true"), "step_script"), "let the executor in before")
	wantText(t, a.stderr.String(), "Server listening on")
}

func TestPrepare_KeyRefusedWhereNoLogCanBeRead_AdvisesWhatSSHShows(t *testing.T) {
	server := sshdtest.Start(t, "PubkeyAuthentication no")
	a := newAttempt(t)
	a.LastLines = nil
	a.startsOn(t, server)
	wantError(t, a.Prepare(t.Context()), "PubkeyAuthentication yes")
	if strings.Contains(a.stdout.String(), "last lines") {
		t.Errorf("the job log has lines of a log: %s", a.stdout)
	}
}
