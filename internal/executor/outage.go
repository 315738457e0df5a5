package executor

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// outage sees a call through the times at which the store does not answer.
type outage struct {
	limit  time.Duration // how long the store may be silent
	pause  time.Duration // between attempts
	notify func(error)   // is called once in each outage
	since  time.Time     // zero while the store answers
	last   error         // how the latest attempt failed
}

// through repeats call while it fails with *UnavailableError. A call that
// makes progress says so with answered. If ctx ends during an outage, the error
// tells of both.
func (o *outage) through(ctx context.Context, call func() error) error {
	for {
		err := call()
		var unavailable *UnavailableError
		if !errors.As(err, &unavailable) {
			return o.blame(ctx, err)
		}
		o.last = err
		if o.since.IsZero() {
			o.since = time.Now()
			o.notify(err)
		}
		if time.Since(o.since) >= o.limit {
			return fmt.Errorf("gave up after %s: %w", o.limit, err)
		}
		select {
		case <-time.After(o.pause):
		case <-ctx.Done():
			return o.blame(ctx, context.Cause(ctx))
		}
	}
}

// blame adds the outage to the error of a ctx that ended in it.
func (o *outage) blame(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || o.since.IsZero() {
		return err
	}
	return fmt.Errorf("%w: %w", err, o.last)
}

// answered notes the end of an outage.
func (o *outage) answered() { o.since = time.Time{} }
