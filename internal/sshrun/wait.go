package sshrun

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/ssh"
)

// WaitReachable connects until the SSH server of a new task lets the client in,
// and returns the host key to pin from then on. Give ctx a deadline: without
// one it tries forever.
//
// It keeps trying while nothing answers, and for about three seconds while the
// server refuses the key, which may be installed only after the server has
// started. Every other error is final. onAttempt, if not nil, is called with the
// error of each attempt that will be followed by another.
//
// When ctx ends, the error says how the last attempt failed and wraps both that
// and the context's cause.
func WaitReachable(ctx context.Context, t Target, onAttempt func(error)) (ssh.PublicKey, error) {
	return waitReachable(ctx, t, onAttempt, firstContactTiming())
}

// firstContactTiming gives each attempt less time: while the task's network
// comes up, packets get lost, and a new attempt is faster than a retransmission.
func firstContactTiming() timing {
	limits := defaultTiming
	limits.connect = 3 * time.Second
	limits.handshake = 10 * time.Second
	return limits
}

func waitReachable(ctx context.Context, t Target, onAttempt func(error), limits timing) (ssh.PublicKey, error) {
	started := time.Now()
	var pace backoff
	for {
		client, err := dial(ctx, t, limits)
		if err == nil {
			key := client.HostKey()
			return key, client.Close()
		}
		if ctx.Err() != nil {
			return nil, pace.gaveUp(ctx, t, started)
		}
		delay, again := pace.next(err)
		if !again {
			return nil, err
		}
		if onAttempt != nil {
			onAttempt(err)
		}
		select {
		case <-ctx.Done():
			return nil, pace.gaveUp(ctx, t, started)
		case <-time.After(delay):
		}
	}
}

// Delays between attempts while nothing answers.
const (
	firstDelay   = 50 * time.Millisecond
	longestDelay = time.Second
)

// refusedDelays are the delays after a refused key. They are few because OpenSSH
// since version 9.8 charges a penalty of 5 s for each refusal, and locks the
// client out at more than 15 s (sshd_config, PerSourcePenalties).
var refusedDelays = []time.Duration{200 * time.Millisecond, 800 * time.Millisecond, 2 * time.Second}

// backoff decides whether and when to try again.
type backoff struct {
	delay   time.Duration
	refused int   // attempts that the server has refused so far
	last    error // of the latest attempt
}

// next returns how long to wait after err, and false if err is final.
func (b *backoff) next(err error) (time.Duration, bool) {
	b.last = err
	var unreachable *UnreachableError
	var refused *AuthenticationError
	switch {
	case errors.As(err, &unreachable):
		b.delay = min(max(firstDelay, 2*b.delay), longestDelay)
		return b.delay, true
	case errors.As(err, &refused) && b.refused < len(refusedDelays):
		b.refused++
		return refusedDelays[b.refused-1], true
	default:
		return 0, false
	}
}

// gaveUp is the error of a wait that ctx has ended.
func (b *backoff) gaveUp(ctx context.Context, t Target, started time.Time) error {
	waited := time.Since(started).Round(100 * time.Millisecond)
	if b.last == nil {
		return fmt.Errorf("gave up waiting for the SSH server at %s after %s: %w", t.Address(), waited, context.Cause(ctx))
	}
	return fmt.Errorf("gave up waiting for the SSH server at %s after %s (%w): %w", t.Address(), waited, context.Cause(ctx), b.last)
}
