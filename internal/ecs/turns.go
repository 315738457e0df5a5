package ecs

import (
	"context"
	"maps"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// turnTTL is how long the turn of a launch that never came is kept.
const turnTTL = time.Minute

// turns hand out the tokens of the launch bucket ahead of time: in a burst,
// launches come back when it is their turn instead of waiting in the workers
// that handle the news of tasks.
type turns struct {
	bucket *rate.Limiter

	mu sync.Mutex
	at map[string]time.Time // by the launch's idempotency token
}

func newTurns(bucket *rate.Limiter) *turns {
	return &turns{bucket: bucket, at: map[string]time.Time{}}
}

// of returns when it is a launch's turn. That stays so until it is taken.
func (t *turns) of(token string, now time.Time) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at, ok := t.at[token]; ok {
		return at
	}
	maps.DeleteFunc(t.at, func(_ string, at time.Time) bool { return now.Sub(at) > turnTTL })
	at := now.Add(t.bucket.ReserveN(now, 1).DelayFrom(now))
	t.at[token] = at
	return at
}

// take gives the turn of a launch up for its call, and reports whether it had
// one: then its token is spent already.
func (t *turns) take(token string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, had := t.at[token]
	delete(t.at, token)
	return had
}

// LaunchTurn returns when Launch can be called without waiting for a token, not
// before now. AWS takes launchRate launches a second. Each launch has one turn
// until Launch is called. Errors are *Error.
func (c *Clients) LaunchTurn(ctx context.Context, launch Launch) (time.Time, error) {
	r, err := c.at(ctx, LocationOf(launch.Template))
	if err != nil {
		return time.Time{}, err
	}
	return r.turns.of(launch.token(), time.Now()), nil
}

// turnTaken marks a call whose first try needs no token of the launch bucket.
// Further tries need one each.
type turnTaken struct{ spent bool }

type turnKey struct{}

func withTurn(ctx context.Context) context.Context {
	return context.WithValue(ctx, turnKey{}, &turnTaken{})
}

// spendTurn reports whether this try has a turn, once for each call.
func spendTurn(ctx context.Context) bool {
	turn, ok := ctx.Value(turnKey{}).(*turnTaken)
	if !ok || turn.spent {
		return false
	}
	turn.spent = true
	return true
}
