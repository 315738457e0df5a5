package sshrun

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/test/hostilessh"
)

func TestRun_ConnectionBreaksBeforeTheScriptIsSent_SaysSo(t *testing.T) {
	body := Buffered(strings.NewReader("make"))
	script := quietScript("")
	script.Body = body
	for _, mode := range []hostilessh.Mode{hostilessh.ChannelWithheld, hostilessh.CommandWithheld, hostilessh.WindowWithheld} {
		t.Run(string(mode), func(t *testing.T) {
			client, err := dialServer(t.Context(), t, hostileTarget(t, hostilessh.Start(t, mode)), impatient())
			if err != nil {
				t.Fatal(err)
			}
			broken := make(chan error, 1)
			go func() { broken <- runScript(t.Context(), t, client, script) }()
			if mode == hostilessh.WindowWithheld {
				_ = client.raw.Close()
			}
			err = <-broken
			if !IsUnsent(err) {
				t.Errorf("got %v, want a connection lost before the script was sent", err)
			}
			wantMessage(t, err, "before the script was sent")
		})
	}
	if rest, err := io.ReadAll(body); err != nil || string(rest) != "make" {
		t.Errorf("%q is left of the script (%v), want all of it", rest, err)
	}
}

func TestRun_ConnectionBreaksAfterTheScriptWasSent_SaysSo(t *testing.T) {
	server := &faultyServer{onExec: func(conn *ssh.ServerConn, _ string, channel ssh.Channel) {
		_, _ = io.ReadAll(channel)
		_ = conn.Close()
	}}
	err := runOn(t, server.start(t), defaultTiming, quietScript("make"))
	var lost *ConnectionLostError
	if !errors.As(err, &lost) || IsUnsent(err) {
		t.Errorf("got %v, want a connection lost while the script ran", err)
	}
}

func TestDial_ErrorsThatCannotPass_AreNotUnsent(t *testing.T) {
	closed := &faultyServer{onConnect: func(_ int32, c net.Conn) bool { _ = c.Close(); return true }}
	refusing := &faultyServer{refuse: func(int32) bool { return true }}
	other := &faultyServer{}
	otherTarget := other.start(t)
	otherTarget.HostKey = newKey(t).PublicKey()
	for name, test := range map[string]struct {
		target Target
		want   bool
	}{
		"closed before the handshake": {closed.start(t), true},
		"key refused":                 {refusing.start(t), false},
		"another host key":            {otherTarget, false},
	} {
		_, err := dialServer(t.Context(), t, test.target, defaultTiming)
		if got := IsUnsent(err); got != test.want {
			t.Errorf("%s: IsUnsent is %t, want %t (%v)", name, got, test.want, err)
		}
	}
}
