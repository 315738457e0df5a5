package sshrun

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
)

func runOn(t *testing.T, target Target, limits timing, s Script) error {
	t.Helper()
	client, err := dialServer(t.Context(), t, target, limits)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	return runScript(t.Context(), t, client, s)
}

func quietScript(body string) Script {
	return Script{Body: strings.NewReader(body), Stdout: io.Discard, Stderr: io.Discard}
}

func TestRun_SessionOrConnectionBreaks_IsConnectionLost(t *testing.T) {
	limits := defaultTiming
	limits.keepAlive, limits.answer = 20*time.Millisecond, 60*time.Millisecond
	tests := []struct {
		name    string
		server  *faultyServer
		mention string
	}{
		{
			name: "connection closed",
			server: &faultyServer{onExec: func(conn *ssh.ServerConn, _ string, _ ssh.Channel) {
				_ = conn.Close()
			}},
			mention: "lost the SSH connection",
		},
		{
			name:    "session closed without exit status",
			server:  &faultyServer{onExec: func(*ssh.ServerConn, string, ssh.Channel) {}},
			mention: "without an exit status",
		},
		{
			name: "peer stops answering",
			server: &faultyServer{ignoreRequests: true, onExec: func(conn *ssh.ServerConn, _ string, _ ssh.Channel) {
				_ = conn.Wait()
			}},
			mention: "no answer to a keepalive request for 60ms",
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			target := tc.server.start(t)
			err := runOn(t, target, limits, quietScript("true"))
			var lost *ConnectionLostError
			if !errors.As(err, &lost) {
				t.Fatalf("got %v, want *ConnectionLostError", err)
			}
			wantMessage(t, err, target.Address(), "task was stopped", tc.mention)
		})
	}
}

func TestRun_PeerAnswersKeepalives_StaysConnected(t *testing.T) {
	limits := defaultTiming
	limits.keepAlive = 5 * time.Millisecond
	// More than a client with a dead peer would send.
	const enough = 10
	answered := make(chan struct{}, enough)
	server := &faultyServer{
		onRequest: func() {
			select {
			case answered <- struct{}{}:
			default:
			}
		},
		onExec: func(_ *ssh.ServerConn, _ string, channel ssh.Channel) {
			for range enough {
				select {
				case <-answered: // while the script is silent
				case <-time.After(bound.Limit):
					return // without a status: the test fails
				}
			}
			reportStatus(channel, 0)
		},
	}
	if err := runOn(t, server.start(t), limits, quietScript("sleep 1")); err != nil {
		t.Fatal(err)
	}
}

func TestRun_ServerRefusesCommands_SaysSo(t *testing.T) {
	server := &faultyServer{}
	target := server.start(t)
	err := runOn(t, target, defaultTiming, quietScript("true"))
	if err == nil {
		t.Fatal("no error")
	}
	wantMessage(t, err, target.Address(), "refuses to run commands")
}

func TestRun_ServerNeverAnswersCommand_EndsWithContext(t *testing.T) {
	server := &faultyServer{onExec: func(conn *ssh.ServerConn, _ string, _ ssh.Channel) { _ = conn.Wait() }}
	limits := defaultTiming
	limits.killSlack, limits.linger = 200*time.Millisecond, 50*time.Millisecond
	client, err := dialServer(t.Context(), t, server.start(t), limits)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err = runScript(ctx, t, client, quietScript("true"))
	var canceled *CanceledError
	if !errors.As(err, &canceled) || canceled.Ended {
		t.Fatalf("got %v, want *CanceledError for a script that may still run", err)
	}
	wantMessage(t, err, "may keep running", context.DeadlineExceeded.Error())
}

func TestRun_ScriptCannotBeRead_NeverSendsItsEnd(t *testing.T) {
	ended := make(chan error, 1)
	server := &faultyServer{onExec: func(_ *ssh.ServerConn, command string, channel ssh.Channel) {
		if strings.Contains(command, "sh -s") { // the terminate script
			reportStatus(channel, 0)
			return
		}
		script, err := io.ReadAll(channel)
		if err == nil && strings.Contains(string(script), "#") {
			err = errors.New("the trailer was sent")
		}
		ended <- err
		reportStatus(channel, 1)
	}}
	limits := defaultTiming
	limits.killSlack, limits.linger = 200*time.Millisecond, 50*time.Millisecond
	broken := errors.New("disk on fire")
	s := quietScript("")
	s.Body = io.MultiReader(strings.NewReader("rm -rf /tmp/x"), failingReader{broken})
	if err := runOn(t, server.start(t), limits, s); !errors.Is(err, broken) {
		t.Fatalf("got %v, want %v", err, broken)
	}
	if err := bound.Value(t, ended, "the end of the script's input"); err != nil {
		t.Error(err)
	}
}

func TestRun_WithoutProc_SignalsThroughSSH(t *testing.T) {
	signals := make(chan string, 2)
	server := &faultyServer{
		onSignal: func(name string, channel ssh.Channel) {
			signals <- name
			if name == "KILL" {
				reportStatus(channel, 1)
			}
		},
		onExec: func(conn *ssh.ServerConn, command string, channel ssh.Channel) {
			if strings.Contains(command, "sh -s") { // the terminate script finds no /proc
				reportStatus(channel, 3)
				return
			}
			_, _ = io.WriteString(channel, "started")
			_ = conn.Wait()
		},
	}
	target := server.start(t)
	client, err := Dial(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	s := quietScript("sleep 100")
	s.GracePeriod = 50 * time.Millisecond
	s.Stdout = writerFunc(func([]byte) { cancel() })
	err = runScript(ctx, t, client, s)
	var canceled *CanceledError
	if !errors.As(err, &canceled) || canceled.Ended {
		t.Fatalf("got %v, want *CanceledError for a script of which processes may go on", err)
	}
	if first, second := bound.Value(t, signals, "SIGTERM"), bound.Value(t, signals, "SIGKILL"); first != "TERM" || second != "KILL" {
		t.Errorf("sent %s and %s, want TERM and KILL", first, second)
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

type writerFunc func(p []byte)

func (f writerFunc) Write(p []byte) (int, error) {
	f(p)
	return len(p), nil
}
