package executor

import (
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// dropping closes the first connections to a server, before the handshake, and
// passes the others on. It returns its port.
func dropping(t *testing.T, server *sshdtest.Server, drop int32) (port int, connections *atomic.Int32) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	connections = &atomic.Int32{}
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			if connections.Add(1) <= drop {
				_ = near.Close()
				continue
			}
			far, err := net.Dial("tcp", server.Address())
			if err != nil {
				_ = near.Close()
				continue
			}
			go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
			go func() { _, _ = io.Copy(near, far); _ = near.Close() }()
		}
	}()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("listening on %s, which is not a TCP address", listener.Addr())
	}
	return address.Port, connections
}

// patient is an attempt whose run stage tries other connections.
func patient(t *testing.T, server *sshdtest.Server, port int) (*attempt, *connection) {
	t.Helper()
	a := newAttempt(t)
	a.RetryTimeout = bound.Limit
	conn := a.connected(t, server)
	conn.Port = port
	a.keep(t, conn)
	a.store.jobs[conn.job()] = &v1alpha1.FargateJob{}
	a.store.change(conn.job(), readyAt(server.Host, port, server.User))
	return a, conn
}

// keep writes the connection file.
func (a *attempt) keep(t *testing.T, conn *connection) {
	t.Helper()
	path, err := a.connectionPath()
	if err == nil {
		err = writeConnection(path, conn)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestRun_ConnectionsFail_TriesOthers(t *testing.T) {
	server := sshdtest.Start(t)
	port, connections := dropping(t, server, 3)
	a, _ := patient(t, server, port)
	if err := a.Run(t.Context(), a.script(t, "echo ran"), "build_script"); err != nil {
		t.Fatal(err)
	}
	if got := connections.Load(); got != 4 {
		t.Errorf("%d connections, want 4", got)
	}
	if got := a.stdout.String(); got != "ran\n" {
		t.Errorf("stdout is %q", got)
	}
	if got := strings.Count(a.stderr.String(), "trying to connect again"); got != 1 {
		t.Errorf("the job log mentions it %d times, want once:\n%s", got, a.stderr)
	}
}

func TestRun_ServerIsAwayForAWhile_TriesUntilItIsBack(t *testing.T) {
	server := sshdtest.New(t)
	a, _ := patient(t, server, server.Port)
	ended := make(chan error, 1)
	go func() { ended <- a.Run(t.Context(), a.script(t, "exit 7"), "build_script") }()
	eventually.Holds(t, "a connection has failed", func() bool { return strings.Contains(a.stderr.String(), "trying to connect again") })
	server.Run()
	wantBuildFailure(t, bound.Value(t, ended, "the end of the stage"), 7)
}

func TestRun_ServerStaysAway_GivesUpInTime(t *testing.T) {
	server := sshdtest.Start(t)
	port, connections := dropping(t, server, 1<<30)
	a, _ := patient(t, server, port)
	a.RetryTimeout = 100 * time.Millisecond
	var err error
	bound.End(t, "the end of the stage", func() { err = a.Run(t.Context(), a.script(t, "true"), "build_script") })
	wantSystemFailure(t, err)
	wantError(t, err, "cannot reach the SSH server", "ECS has not reported its end")
	if connections.Load() < 2 {
		t.Error("there was no second connection")
	}
}

func TestRun_TaskHasEnded_TriesNoMore(t *testing.T) {
	for name, end := range map[string]func(*attempt, *connection){
		"stopped": func(a *attempt, conn *connection) {
			a.store.change(conn.job(), stalledBecause(v1alpha1.ReasonSpotInterruption, "Your Spot Task was interrupted."))
		},
		"deleted": func(a *attempt, conn *connection) { _ = a.store.Delete(t.Context(), conn.job()) },
	} {
		t.Run(name, func(t *testing.T) {
			server := sshdtest.New(t)
			a, conn := patient(t, server, server.Port)
			a.RetryTimeout = time.Hour
			end(a, conn)
			var err error
			bound.End(t, "the end of the stage", func() { err = a.Run(t.Context(), a.script(t, "true"), "build_script") })
			wantSystemFailure(t, err)
			wantError(t, err, "FargateJob ci/job-4711-abcdefgh ")
		})
	}
}

func TestRun_ErrorThatCannotPass_IsNotTriedAgain(t *testing.T) {
	server, other := sshdtest.Start(t), sshdtest.Start(t)
	for name, spoil := range map[string]struct {
		of   *sshdtest.Server // to which the connection file belongs
		to   *sshdtest.Server // which answers
		want string
	}{
		"another host key": {server, other, "which was pinned at first contact"},
		"key refused":      {server, server, "refused user"},
	} {
		t.Run(name, func(t *testing.T) {
			port, connections := dropping(t, spoil.to, 0)
			a, _ := patient(t, spoil.of, port)
			if spoil.of == spoil.to {
				write(t, server.AuthorizedKeys, "")
			}
			err := a.Run(t.Context(), a.script(t, "true"), "build_script")
			wantSystemFailure(t, err)
			wantError(t, err, spoil.want)
			if got := connections.Load(); got != 1 {
				t.Errorf("%d connections, want 1", got)
			}
		})
	}
}
