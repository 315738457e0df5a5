package sshrun

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// natIdleTimeout is when AWS NAT gateways drop an idle flow. Source: "NAT
// gateway basics" in the Amazon VPC user guide.
const natIdleTimeout = 350 * time.Second

// runThrough runs a script on a server in this process, with the limits of
// production. Call it in a bubble, where time passes only while all goroutines wait.
func runThrough(t *testing.T, r *relay, server *faultyServer, s Script) error {
	t.Helper()
	client := dialThrough(t, r, server)
	defer func() { _ = client.Close() }()
	ended := make(chan error, 1)
	go func() { ended <- client.Run(t.Context(), s) }()
	return bound.ValueWithin(t, 24*time.Hour, ended, "the end of Run")
}

// dialThrough connects to a server through a relay, with the limits of
// production. Call it in a bubble.
func dialThrough(t *testing.T, r *relay, server *faultyServer) *Client {
	t.Helper()
	near, clientEnd := net.Pipe()
	far, serverEnd := net.Pipe()
	r.join(near, far)
	target, hostKey := server.prepare(t)
	go server.serve(serverEnd, 1, hostKey)
	client, err := newClient(t.Context(), clientEnd, target, defaultTiming)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestRun_SilentForHalfAnHourBehindNAT_StaysConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := runThrough(t, &relay{idle: natIdleTimeout}, &faultyServer{
			onExec: func(conn *ssh.ServerConn, _ string, channel ssh.Channel) {
				time.AfterFunc(30*time.Minute, func() {
					reportStatus(channel, 7)
					_ = channel.Close()
				})
				_ = conn.Wait()
			},
		}, quietScript("make"))
		var exit *ExitError
		if !errors.As(err, &exit) || exit.Code != 7 {
			t.Errorf("got %v, want the script's exit code 7", err)
		}
	})
}

func TestRun_PeerDies_IsNoticedWithinAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &relay{}
		died := make(chan time.Time, 1)
		err := runThrough(t, r, &faultyServer{
			onExec: func(conn *ssh.ServerConn, _ string, _ ssh.Channel) {
				died <- time.Now()
				r.cut()
				_ = conn.Wait()
			},
		}, quietScript("make"))
		var lost *ConnectionLostError
		if !errors.As(err, &lost) {
			t.Errorf("got %v, want *ConnectionLostError", err)
		}
		if took := time.Since(bound.Value(t, died, "the start of the script")); took >= time.Minute {
			t.Errorf("a dead peer was noticed after %s", took)
		}
	})
}

func TestRun_FlowToOpenSSHDies_IsConnectionLost(t *testing.T) {
	r := &relay{}
	target := r.between(t, sshdtest.Start(t))
	target.KeepAlive = 20 * time.Millisecond
	limits := defaultTiming
	limits.answer = 500 * time.Millisecond
	err := runOn(t, target, limits, Script{
		Body:   strings.NewReader("echo up; exec sleep 30"),
		Stdout: writerFunc(func([]byte) { r.cut() }),
		Stderr: io.Discard,
	})
	var lost *ConnectionLostError
	if !errors.As(err, &lost) {
		t.Fatalf("got %v, want *ConnectionLostError", err)
	}
	wantMessage(t, err, "no answer to a keepalive request for 500ms")
}

func TestDial_ConnectTimeout_IsTheTargets(t *testing.T) {
	target := Target{ConnectTimeout: time.Minute, KeepAlive: 5 * time.Second}
	got := defaultTiming.of(target)
	if got.connect != time.Minute || got.handshake != time.Minute || got.keepAlive != 5*time.Second {
		t.Errorf("got %+v", got)
	}
	if got := firstContactTiming().of(Target{}); got != firstContactTiming() {
		t.Errorf("a target that asks for nothing changes the limits to %+v", got)
	}
}
