package sshrun

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// WaitReachable connects until the SSH server of a new task lets the client in,
// and returns the connection, which the caller has to close. Its host key is the
// one to pin from then on. Give ctx a deadline: without one it tries forever.
//
// It keeps trying while nothing answers, and for about three seconds while the
// server refuses the key, which may be installed only after the server has
// started. Every other error is final. onAttempt, if not nil, is called with the
// error of each attempt that will be followed by another.
//
// When ctx ends, the error says how the last attempt failed and wraps both that
// and the context's cause.
func WaitReachable(ctx context.Context, t Target, onAttempt func(error)) (*Client, error) {
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

func waitReachable(ctx context.Context, t Target, onAttempt func(error), limits timing) (*Client, error) {
	started := time.Now()
	var tries attempts
	for {
		client, err := dial(ctx, t, limits)
		if err == nil {
			return client, nil
		}
		if ctx.Err() != nil {
			return nil, tries.gaveUp(ctx, t, started)
		}
		delay, again := tries.next(err)
		if !again {
			return nil, err
		}
		if onAttempt != nil {
			onAttempt(err)
		}
		select {
		case <-ctx.Done():
			return nil, tries.gaveUp(ctx, t, started)
		case <-time.After(delay):
		}
	}
}

// unreachableDelays are the delays between attempts while nothing answers. The
// last one is for all that follow.
var unreachableDelays = []time.Duration{
	50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond, time.Second,
}

// refusedDelays are the delays after a refused key. They are few because OpenSSH
// since version 9.8 charges a penalty of 5 s for each refusal, and locks the
// client out at more than 15 s (sshd_config, PerSourcePenalties).
var refusedDelays = []time.Duration{200 * time.Millisecond, 800 * time.Millisecond, 2 * time.Second}

// attempts decide whether and when to try again.
type attempts struct {
	unreachable int   // that nothing answered
	refused     int   // whose key was refused
	last        error // of the latest one
}

// next returns how long to wait after err, and false if err is final.
func (a *attempts) next(err error) (time.Duration, bool) {
	a.last = err
	var unreachable *UnreachableError
	var refused *AuthenticationError
	switch {
	case errors.As(err, &unreachable):
		delay := unreachableDelays[min(a.unreachable, len(unreachableDelays)-1)]
		a.unreachable++
		return delay, true
	case errors.As(err, &refused) && a.refused < len(refusedDelays):
		a.refused++
		return refusedDelays[a.refused-1], true
	default:
		return 0, false
	}
}

// gaveUp is the error of a wait that ctx has ended.
func (a *attempts) gaveUp(ctx context.Context, t Target, started time.Time) error {
	waited := time.Since(started).Round(100 * time.Millisecond)
	switch {
	case a.last != nil:
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		a.last = &UnreachableError{Address: t.Address(), Err: os.ErrDeadlineExceeded}
	default:
		return fmt.Errorf("gave up waiting for the SSH server at %s after %s: %w", t.Address(), waited, context.Cause(ctx))
	}
	return fmt.Errorf("gave up waiting for the SSH server at %s after %s (%w): %w", t.Address(), waited, context.Cause(ctx), a.last)
}
