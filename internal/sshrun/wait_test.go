package sshrun

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

func TestWaitReachable_ServerComesUpLater_ReturnsHostKey(t *testing.T) {
	server := sshdtest.New(t)
	target := sshdTarget(server)
	target.HostKey = nil
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	attempts := 0
	client, err := WaitReachable(ctx, target, func(err error) {
		var unreachable *UnreachableError
		if !errors.As(err, &unreachable) {
			t.Errorf("attempt failed with %v, want *UnreachableError", err)
		}
		if attempts++; attempts == 2 {
			server.Run()
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if got, want := ssh.FingerprintSHA256(client.HostKey()), ssh.FingerprintSHA256(server.HostKey); got != want {
		t.Errorf("host key %s, want %s", got, want)
	}
	if attempts < 2 {
		t.Errorf("%d failed attempts were reported, want 2 at least", attempts)
	}
}

func TestWaitReachable_KeyAuthorizedAfterStart_TriesAgain(t *testing.T) {
	server := sshdtest.New(t)
	authorized, err := os.ReadFile(server.AuthorizedKeys)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(server.AuthorizedKeys); err != nil {
		t.Fatal(err)
	}
	server.Run()
	client, err := WaitReachable(limited(t), sshdTarget(server), func(err error) {
		var refused *AuthenticationError
		if errors.As(err, &refused) {
			if err := os.WriteFile(server.AuthorizedKeys, authorized, 0o600); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
}

func TestWaitReachable_KeyRefusedForGood_GivesUpAfterFewAttempts(t *testing.T) {
	server := &faultyServer{refuse: func(int32) bool { return true }}
	_, err := WaitReachable(limited(t), server.start(t), nil)
	var refused *AuthenticationError
	if !errors.As(err, &refused) {
		t.Fatalf("got %v, want *AuthenticationError", err)
	}
	if got, want := int(server.connections.Load()), len(refusedDelays)+1; got != want {
		t.Errorf("%d attempts, want %d", got, want)
	}
}

func TestWaitReachable_OtherHostKey_IsFinal(t *testing.T) {
	server := &faultyServer{}
	target := server.start(t)
	target.HostKey = newKey(t).PublicKey()
	_, err := WaitReachable(limited(t), target, func(err error) { t.Errorf("tried again after %v", err) })
	var mismatch *HostKeyMismatchError
	if !errors.As(err, &mismatch) {
		t.Fatalf("got %v, want *HostKeyMismatchError", err)
	}
}

func TestWaitReachable_ServerDropsFirstConnections_TriesAgain(t *testing.T) {
	server := &faultyServer{onConnect: func(n int32, c net.Conn) bool {
		if n <= 3 {
			_ = c.Close()
		}
		return n <= 3
	}}
	client, err := WaitReachable(limited(t), server.start(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	client.Close()
}

// In a bubble, no time passes while an attempt is on its way.
func TestWaitReachable_DeadlinePasses_NamesLastFailure(t *testing.T) {
	target := sshdTarget(sshdtest.New(t))
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		_, err := WaitReachable(ctx, target, nil)
		var unreachable *UnreachableError
		if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &unreachable) {
			t.Fatalf("got %v, want the deadline and *UnreachableError", err)
		}
		wantMessage(t, err, target.Address(), "gave up", "nothing listens")
	})
}

func TestWaitReachable_DeadlinePassesInTheFirstAttempt_SaysWhatToCheck(t *testing.T) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	target := sshdTarget(sshdtest.New(t))
	_, err := WaitReachable(ctx, target, nil)
	wantMessage(t, err, target.Address(), "gave up", "deadline exceeded", "nothing answered in time, check that the task's security group")
}

func TestWaitReachable_CanceledInTheFirstAttempt_BlamesNoServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := WaitReachable(ctx, sshdTarget(sshdtest.New(t)), nil)
	var unreachable *UnreachableError
	if !errors.Is(err, context.Canceled) || errors.As(err, &unreachable) {
		t.Errorf("got %v, want that it was canceled and nothing else", err)
	}
}

func TestAttempts_WhileUnreachable_DoublesToOneSecond(t *testing.T) {
	var tries attempts
	var got []time.Duration
	for range 7 {
		delay, again := tries.next(&UnreachableError{Err: net.ErrClosed})
		if !again {
			t.Fatal("gave up")
		}
		got = append(got, delay/time.Millisecond)
	}
	if diff := cmp.Diff([]time.Duration{50, 100, 200, 400, 800, 1000, 1000}, got); diff != "" {
		t.Errorf("delays in ms (-want +got):\n%s", diff)
	}
}
