package sshrun

import (
	"context"
	"fmt"
	"time"
)

// mostOnItsWay is more output than can be on its way from a script when its exit
// status comes, in bytes: the window of 2 MiB once in this process and once in the
// server, and what a pipe holds.
const mostOnItsWay = 16 << 20

// finish waits for output that is still on its way after the script's end. A
// process that the script left in the background holds the output open: then
// silence for linger ends the wait, or the limit of tail if there is none. What
// has arrived until then is still written. The end of ctx ends everything.
func (c *Client) finish(ctx context.Context, s *session, st *streams) {
	tail, cancel := st.unhindered(ctx, c.timing.tail)
	defer cancel()
	for tail.Err() == nil {
		seen := st.received.Load()
		if st.drain(tail, c.timing.linger) {
			return
		}
		silent := func() bool { return seen == st.received.Load() && st.writing.Load() == 0 }
		// A stalled network is not silence: everything that the server has sent
		// arrives before its answer.
		if silent() && c.alive(tail) && silent() {
			break
		}
	}
	c.cutOff(ctx, s, st)
}

// drain waits until the last output is written, and reports whether it was before
// ctx ended and within the limit, which counts as unhindered does.
func (st *streams) drain(ctx context.Context, limit time.Duration) bool {
	ctx, cancel := st.unhindered(ctx, limit)
	defer cancel()
	select {
	case <-st.drained:
		return true
	case <-ctx.Done():
		return false
	}
}

// looks is how often unhindered looks within its limit.
const looks = 20

// unhindered ends a context after a time in which no output waited for its writer:
// a log that takes nothing for a while must cost no output. Once more has come
// than the script can have left on its way, all time counts, or a process in the
// background that prints faster than the log takes it would never be cut off.
func (st *streams) unhindered(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	most := st.received.Load() + mostOnItsWay
	go func() {
		defer cancel()
		ticker := time.NewTicker(limit / looks)
		defer ticker.Stop()
		for counted := 0; counted < looks; {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			if st.writing.Load() == 0 || st.received.Load() > most {
				counted++
			}
		}
	}()
	return ctx, cancel
}

// cutOff closes a session whose output goes on. The server's answer to that comes
// after everything it has sent.
func (c *Client) cutOff(ctx context.Context, s *session, st *streams) {
	s.abandon()
	timer := time.NewTimer(c.timing.answer)
	defer timer.Stop()
	select {
	case <-st.drained:
	case <-s.closed:
	case <-c.done:
	case <-ctx.Done():
	case <-timer.C:
		c.giveUp(fmt.Errorf("the session was not closed within %s", c.timing.answer))
	}
	select {
	case <-st.drained:
	case <-ctx.Done():
	}
}
