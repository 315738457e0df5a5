package sshrun

import (
	"context"
	"fmt"
	"time"
)

// keepAliveRequest is OpenSSH's name for a request whose only purpose is the
// answer; every server sends one, mostly a failure.
const keepAliveRequest = "keepalive@openssh.com"

// keepAlive sends a request at every interval, so that silent scripts keep their
// connection through NAT gateways, and gives up the connection if no answer
// comes.
func (c *Client) keepAlive() {
	ticker := time.NewTicker(c.timing.keepAlive)
	defer ticker.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-ticker.C:
		}
		if !c.answersInTime() {
			return
		}
	}
}

// answersInTime asks the server. If it does not answer, the connection is given
// up.
func (c *Client) answersInTime() bool {
	ctx, cancel := context.WithTimeout(context.Background(), c.timing.answer)
	defer cancel()
	switch {
	case c.alive(ctx):
		return true
	case ctx.Err() != nil:
		c.giveUp(fmt.Errorf("no answer to a keepalive request for %s", c.timing.answer))
	default:
		c.awaitEnd()
	}
	return false
}

// alive asks the server right away, and reports whether it answers before ctx
// ends.
func (c *Client) alive(ctx context.Context) bool {
	answered := make(chan error, 1)
	select {
	case c.asking <- struct{}{}:
	case <-c.done:
		return false
	case <-ctx.Done():
		return false
	}
	go func() {
		defer func() { <-c.asking }()
		_, _, err := c.conn.SendRequest(keepAliveRequest, true, nil)
		answered <- err
	}()
	select {
	case err := <-answered:
		return err == nil
	case <-c.done:
		return false
	case <-ctx.Done():
		return false
	}
}
