package sshrun

import (
	"context"
	"errors"
	"net"
	"os"
	"runtime"
	"slices"
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

// impatient are limits for peers that have to be given up once they have let us
// in.
func impatient() timing {
	limits := defaultTiming
	limits.keepAlive, limits.answer = 50*time.Millisecond, time.Second
	limits.linger, limits.tail = 50*time.Millisecond, 200*time.Millisecond
	limits.deliver, limits.killSlack = 100*time.Millisecond, 300*time.Millisecond
	return limits
}

func hostileTarget(t *testing.T, s *hostilessh.Server) Target {
	t.Helper()
	return Target{Host: s.Host, Port: s.Port, User: "ci", Key: newKey(t), HostKey: s.HostKey}
}

// against runs a test against hostile servers and bounds the memory that each
// takes.
func against(t *testing.T, modes []hostilessh.Mode, test func(t *testing.T, target Target)) {
	t.Helper()
	for _, mode := range modes {
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

func TestDial_HostileServer_EndsByItself(t *testing.T) {
	against(t, hostilessh.BeforeLogin, func(t *testing.T, target Target) {
		t.Helper()
		if client, err := dialServer(t.Context(), t, target, hurried()); err == nil {
			_ = client.Close()
			t.Error("it was let in")
		}
	})
}

func TestDial_HostileServer_EndsWithContext(t *testing.T) {
	against(t, hostilessh.BeforeLogin, func(t *testing.T, target Target) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if client, err := dialServer(ctx, t, target, defaultTiming); err == nil {
			_ = client.Close()
			t.Error("it was let in")
		}
	})
}

func TestWaitReachable_HostileServer_EndsWithContext(t *testing.T) {
	against(t, slices.Concat(hostilessh.BeforeLogin, hostilessh.AfterLogin), func(t *testing.T, target Target) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		bound.End(t, "the end of WaitReachable", func() {
			if client, err := waitReachable(ctx, target, nil, hurried()); err == nil {
				_ = client.Close()
			}
		})
	})
}

func TestRun_HostileServer_EndsWithContext(t *testing.T) {
	against(t, hostilessh.AfterLogin, func(t *testing.T, target Target) {
		t.Helper()
		client, err := dialServer(t.Context(), t, target, impatient())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		script := quietScript(strings.Repeat("x", 4<<20))
		script.GracePeriod = 100 * time.Millisecond
		_ = runScript(ctx, t, client, script)
		bound.End(t, "the end of Close", func() { _ = client.Close() })
	})
}

// What a patient client can tell from a script that takes long.
func TestRun_HostileServer_EndsByItself(t *testing.T) {
	for mode, want := range map[hostilessh.Mode]error{
		hostilessh.ConnectionDropped: new(ConnectionLostError),
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
	client, err := dialServer(t.Context(), t, hostileTarget(t, hostilessh.Start(t, hostilessh.OutputEndless)), impatient())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	script := quietScript("yes")
	script.Stdout = write
	var canceled *CanceledError
	if err := runScript(ctx, t, client, script); !errors.As(err, &canceled) {
		t.Errorf("got %v, want *CanceledError", err)
	}
}
