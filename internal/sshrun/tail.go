package sshrun

import (
	"context"
	"fmt"
	"time"
)

// finish waits for output that is still on its way after the script's end. A
// process that the script left in the background holds the output open: then
// silence for linger ends the wait, or the limit of tail if there is none. What
// has arrived until then is still written. The end of ctx ends everything.
func (c *Client) finish(ctx context.Context, s *session, st *streams) {
	tail, cancel := context.WithTimeout(ctx, c.timing.tail)
	defer cancel()
	for tail.Err() == nil {
		seen := st.pieces.Load()
		if st.wait(tail, c.timing.linger) {
			return
		}
		silent := func() bool { return seen == st.pieces.Load() && st.writing.Load() == 0 }
		// A stalled network is not silence: everything that the server has sent
		// arrives before its answer.
		if silent() && c.alive(tail) && silent() {
			break
		}
	}
	c.cutOff(ctx, s, st)
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
