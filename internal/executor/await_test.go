package executor

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/hostilessh"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

func TestPrepare_StateLasts_IsSaidAgain(t *testing.T) {
	a := newAttempt(t)
	a.limits.silence = 10 * time.Millisecond
	a.store.onCreate = func(key types.NamespacedName) {
		a.store.change(key, waitingIn("", v1alpha1.ReasonRetrying, "starting the task: status 500 (tried 9 times)"))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- a.Prepare(ctx) }()
	eventually.Check(t, "the state is said three times", func() bool {
		return strings.Count(a.stdout.String(), "starting the task: status 500 (tried 9 times)") >= 3
	})
	wantText(t, a.stdout.String(), "] for 0s: trying again (attempt 0): starting the task: status 500")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v, want that it was canceled", err)
	}
}

func TestPrepare_RunnerIsGoneWhileNothingHappens_IsUndone(t *testing.T) {
	a := newAttempt(t)
	a.limits.silence = 10 * time.Millisecond
	log := &breakable{buffer: a.stdout}
	a.Stdout = log
	a.store.onCreate = func(key types.NamespacedName) {
		a.store.change(key, waitingIn("PENDING", v1alpha1.ReasonPending, "pulling"))
		eventually.Check(t, "the state is in the log", func() bool { return strings.Contains(a.stdout.String(), "PENDING: pulling") })
		log.broken.Store(true)
	}
	wantError(t, a.Prepare(t.Context()), "the job log cannot be written, is gitlab-runner gone?")
	a.wantNothingLeft(t)
}

// breakable is a job log whose reader may go.
type breakable struct {
	*buffer

	broken atomic.Bool
}

func (b *breakable) Write(text []byte) (int, error) {
	if b.broken.Load() {
		return 0, errors.New("broken pipe")
	}
	return b.buffer.Write(text)
}

// droppingFirst is the port of an SSH server whose first connection ends when a
// session is requested, as one does whose sshd starts again.
func droppingFirst(t *testing.T, server *sshdtest.Server) int {
	t.Helper()
	dropping := hostilessh.New(t, hostilessh.ConnectionDropped)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		if first, err := listener.Accept(); err == nil {
			dropping.Serve(first)
		}
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			go passOn(near, server.Address())
		}
	}()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return number
}

// passOn passes a connection on until either side closes it.
func passOn(near net.Conn, address string) {
	defer func() { _ = near.Close() }()
	far, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(far, near)
		_ = far.Close()
	}()
	_, _ = io.Copy(near, far)
}

func TestPrepare_ConnectionIsLostDuringTheProbe_TriesAgain(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	port := droppingFirst(t, server)
	a.store.onCreate = func(key types.NamespacedName) {
		admit(t, server, a.store.publicKey(key))
		a.store.change(key, readyAt(server.Host, port, server.User))
	}
	a.limits.sshQuiet = 0
	if err := a.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantText(t, a.stdout.String(), "still waiting for SSH: trying a first command in the task as ", ": lost the SSH connection to ", " before the script was sent", "s] connected to ")
}
