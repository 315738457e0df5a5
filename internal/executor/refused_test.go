package executor

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

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
	wantError(t, a.Prepare(t.Context()), "refused user", "accepts no keys of this type", "KeyType")
	_, below, _ := strings.Cut(a.stdout.String(), "section_end:")
	wantText(t, below, "The last lines of the log of the job's container:\n", "not in PubkeyAcceptedAlgorithms")
	a.wantNothingLeft(t)
}

func TestRun_KeyIsNoLongerAccepted_SaysSoWithTheLog(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.startsOn(t, server)
	a.logs(server)
	if err := a.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	admit(t, server, "")
	err := a.Run(t.Context(), a.script(t, "true"), "step_script")
	wantSystemFailure(t, err)
	wantError(t, err, "stage step_script", "refused user", "let the executor in before")
	wantText(t, a.stderr.String(), "The last lines of the log of the job's container:\n")
}

func TestPrepare_KeyIsNotInTheFile_IsWhatIsLeft(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.limits.refusal = 2 * time.Second // sshd logs the end of a connection after that
	a.startsOn(t, server)
	a.store.onCreate = func(key types.NamespacedName) { a.store.change(key, readyAt(server.Host, server.Port, server.User)) }
	a.logs(server)
	wantError(t, a.Prepare(t.Context()), "does not contain the key", "AuthorizedKeysFile")
	wantText(t, a.stdout.String(), "Connection closed by authenticating user")
}

func TestPrepare_LogCannotBeHad_IsNotWaitedFor(t *testing.T) {
	for name, err := range map[string]error{"elsewhere": nil, "denied": errors.New("not authorized")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := sshdtest.Start(t)
			a := newAttempt(t)
			a.limits.refusal = time.Hour
			calls := 0
			a.LastLines = func(context.Context, *v1alpha1.FargateJob, int32) ([]string, error) { calls++; return nil, err }
			a.store.onCreate = func(key types.NamespacedName) { a.store.change(key, readyAt(server.Host, server.Port, server.User)) }
			wantError(t, a.Prepare(t.Context()), "refused user", "SSH_PUBLIC_KEY")
			if calls != 1 {
				t.Errorf("%d looks at the log", calls)
			}
		})
	}
}

func TestPrepare_CanceledWhileTheLogIsRead_IsACancellation(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.limits.refusal = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	a.LastLines = func(context.Context, *v1alpha1.FargateJob, int32) ([]string, error) {
		cancel()
		return []string{"Server listening on 0.0.0.0 port 22."}, nil
	}
	a.store.onCreate = func(key types.NamespacedName) { a.store.change(key, readyAt(server.Host, server.Port, server.User)) }
	if err := a.Prepare(ctx); !IsCancellation(err) {
		t.Errorf("got %v, want a cancellation", err)
	}
	a.wantNothingLeft(t)
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
