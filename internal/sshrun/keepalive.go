package sshrun

import (
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
		if !c.answersWithin(c.timing.answer) {
			c.giveUp(fmt.Errorf("no answer to a keepalive request for %s", c.timing.answer))
			return
		}
	}
}

// answersWithin reports whether the server answers a request, or the connection
// ends, within the limit.
func (c *Client) answersWithin(limit time.Duration) bool {
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		_, _, _ = c.conn.SendRequest(keepAliveRequest, true, nil)
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-answered:
		return true
	case <-timer.C:
		return false
	}
}

// alive asks the server right away, and reports whether the connection is still
// up.
func (c *Client) alive() bool {
	_, _, err := c.conn.SendRequest(keepAliveRequest, true, nil)
	return err == nil
}
