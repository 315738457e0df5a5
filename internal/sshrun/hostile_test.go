package sshrun

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/hostilessh"
)

// mostMemory is how much memory a mode may cost, in bytes: the windows of two
// sessions at both ends, and what the race detector adds.
const mostMemory = 64 << 20

// impatient are limits for peers that have to be given up.
func impatient() timing {
	return timing{
		connect: 200 * time.Millisecond, handshake: 200 * time.Millisecond,
		keepAlive: 50 * time.Millisecond, answer: 200 * time.Millisecond,
		linger: 50 * time.Millisecond, tail: 200 * time.Millisecond,
		deliver: 100 * time.Millisecond, killSlack: 300 * time.Millisecond,
	}
}

func hostileTarget(t *testing.T, s *hostilessh.Server) Target {
	t.Helper()
	return Target{Host: s.Host, Port: s.Port, User: "ci", Key: newKey(t), HostKey: s.HostKey}
}

// inEveryMode runs a test against each kind of hostile server and bounds the
// memory that it takes.
func inEveryMode(t *testing.T, test func(t *testing.T, target Target)) {
	t.Helper()
	for _, mode := range hostilessh.Modes {
		t.Run(string(mode), func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			test(t, hostileTarget(t, hostilessh.Start(t, mode)))
			runtime.ReadMemStats(&after)
			if grown := int64(after.Sys) - int64(before.Sys); grown > mostMemory {
				t.Errorf("took %d MiB of memory", grown>>20)
			}
		})
	}
}

func TestWaitReachable_HostileServer_EndsWithContext(t *testing.T) {
	inEveryMode(t, func(t *testing.T, target Target) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		bound.End(t, "the end of WaitReachable", func() {
			if client, err := waitReachable(ctx, target, nil, impatient()); err == nil {
				_ = client.Close()
			}
		})
	})
}

func TestRun_HostileServer_EndsWithContext(t *testing.T) {
	inEveryMode(t, func(t *testing.T, target Target) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		client, err := dialServer(ctx, t, target, impatient())
		if err != nil {
			return
		}
		script := quietScript(strings.Repeat("x", 4<<20))
		script.GracePeriod = 100 * time.Millisecond
		_ = runScript(ctx, t, client, script)
		bound.End(t, "the end of Close", func() { _ = client.Close() })
	})
}

// What a patient client can tell from a script that takes long.
func TestRun_HostileServer_EndsByItself(t *testing.T) {
	for mode, want := range map[hostilessh.Mode]error{
		hostilessh.ChannelWithheld:   new(ConnectionLostError),
		hostilessh.CommandWithheld:   new(ConnectionLostError),
		hostilessh.ReadsNothing:      new(ConnectionLostError),
		hostilessh.KeepAliveWithheld: new(ConnectionLostError),
		hostilessh.RekeyWithheld:     new(ConnectionLostError),
		hostilessh.StatusEndless:     nil,
		hostilessh.StallAfterStatus:  nil,
		hostilessh.OutputAfterwards:  nil,
	} {
		t.Run(string(mode), func(t *testing.T) {
			err := runOn(t, hostileTarget(t, hostilessh.Start(t, mode)), impatient(), quietScript("true"))
			var lost *ConnectionLostError
			if want == nil && err != nil || want != nil && !errors.As(err, &lost) {
				t.Errorf("got %v, want %T", err, want)
			}
		})
	}
}

// canceledAfter runs a script on a hostile server, with the limits of production,
// and returns how long its end took from when it was canceled. Call it in a bubble.
func canceledAfter(t *testing.T, mode hostilessh.Mode) time.Duration {
	t.Helper()
	near, clientEnd := net.Pipe()
	far, serverEnd := net.Pipe()
	new(relay).join(near, far)
	server := hostilessh.New(t, mode)
	go server.Serve(serverEnd)
	client, err := newClient(t.Context(), clientEnd, hostileTarget(t, server), defaultTiming)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	script := quietScript("make")
	script.GracePeriod = 10 * time.Second
	begun := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- client.Run(ctx, script) }()
	err = bound.ValueWithin(t, time.Hour, ended, "the end of Run")
	var canceled *CanceledError
	if !errors.As(err, &canceled) {
		t.Errorf("got %v, want *CanceledError", err)
	}
	return time.Since(begun) - time.Second
}

func TestRun_Canceled_HasOneDeadlineWhateverTheServerDoes(t *testing.T) {
	for _, mode := range []hostilessh.Mode{
		hostilessh.ChannelWithheld, hostilessh.CommandWithheld, hostilessh.WindowWithheld,
		hostilessh.SecondWindowWithheld, hostilessh.StatusWithheld,
	} {
		t.Run(string(mode), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if took := canceledAfter(t, mode); took > 15*time.Second {
					t.Errorf("it took %s, want the grace period of 10 s and 5 s at most", took)
				}
			})
		})
	}
}

func TestRun_Canceled_FullPipe_ReturnsAllTheSame(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = read.Close(), write.Close() }()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	client, err := dialServer(ctx, t, hostileTarget(t, hostilessh.Start(t, hostilessh.OutputEndless)), impatient())
	if err != nil {
		t.Fatal(err)
	}
	script := quietScript("yes")
	script.Stdout = write
	var canceled *CanceledError
	if err := runScript(ctx, t, client, script); !errors.As(err, &canceled) {
		t.Errorf("got %v, want *CanceledError", err)
	}
}
