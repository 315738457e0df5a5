// Package sshrun runs a job's scripts on a task over SSH: it connects and
// authenticates, pins the server's host key, runs one script, streams its
// output unchanged, ends it with everything it started when the caller is
// cancelled, and tells the script's own failure from a failure of the
// connection.
//
// Every error is a sentence for the job log. Its type says who failed:
// [*ExitError] is the script; everything else is the infrastructure.
package sshrun

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// Target names the SSH server of one task and how to authenticate to it.
type Target struct {
	// Host is an IP address or a DNS name, without brackets.
	Host string
	// Port is the TCP port, 1 to 65535.
	Port int
	// User is the login name.
	User string
	// Key proves who the client is. Its public half must be in the user's
	// authorized_keys.
	Key ssh.Signer
	// HostKey is the key that the server must present. Nil trusts whichever
	// key it presents: read it with [Client.HostKey] and pin it from then on.
	HostKey ssh.PublicKey
	// ConnectTimeout bounds one attempt to connect. Zero means 10 s, and 3 s in
	// [WaitReachable], which makes many.
	ConnectTimeout time.Duration
	// KeepAlive is the time between requests for a sign of life. A server that
	// leaves one unanswered for 30 s is given up. Zero means 15 s.
	KeepAlive time.Duration
}

// Address returns host:port, with brackets around an IPv6 address.
func (t Target) Address() string {
	return net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
}

// Client is an authenticated connection to a task's SSH server. Close it after
// use.
type Client struct {
	address string
	conn    *ssh.Client
	hostKey ssh.PublicKey
	timing  timing

	done    chan struct{} // closed when the connection is gone
	doneErr error         // why, as the transport saw it; read after done

	givenUp atomic.Pointer[error] // why we closed the connection, if it was us
}

// Dial connects and authenticates to t. It fails with *UnreachableError when no
// SSH server answers, *HostKeyMismatchError when the server's key is not the
// pinned one, *AuthenticationError when the server refuses the key,
// *NegotiationError when what answers is no SSH server that is safe to use, and
// with the context's cause when ctx ends.
func Dial(ctx context.Context, t Target) (*Client, error) {
	return dial(ctx, t, defaultTiming)
}

func dial(ctx context.Context, t Target, limits timing) (*Client, error) {
	limits = limits.of(t)
	dialer := net.Dialer{Timeout: limits.connect, KeepAliveConfig: limits.tcpKeepAlive()}
	raw, err := dialer.DialContext(ctx, "tcp", t.Address())
	if err != nil {
		return nil, connectError(ctx, t.Address(), err)
	}
	return newClient(ctx, raw, t, limits)
}

// newClient makes raw an SSH connection, or closes it.
func newClient(ctx context.Context, raw net.Conn, t Target, limits timing) (*Client, error) {
	h := handshake{target: t}
	conn, err := h.run(ctx, raw, limits.handshake)
	if err != nil {
		return nil, err
	}
	c := &Client{
		address: t.Address(),
		conn:    conn,
		hostKey: h.presented(),
		timing:  limits,
		done:    make(chan struct{}),
	}
	go c.watch()
	go c.keepAlive()
	return c, nil
}

// HostKey returns the key that the server presented.
func (c *Client) HostKey() ssh.PublicKey { return c.hostKey }

// Close ends the connection. A script that still runs on it keeps running on
// the task.
func (c *Client) Close() error {
	if err := c.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("closing the SSH connection to %s: %w", c.address, err)
	}
	return nil
}

// watch records why the connection ended.
func (c *Client) watch() {
	c.doneErr = c.conn.Wait()
	close(c.done)
}

// giveUp closes a connection that is of no use any more, for the given reason.
func (c *Client) giveUp(reason error) {
	c.givenUp.Store(&reason)
	_ = c.conn.Close()
}

// lostError describes a connection that has ended. It waits for the end.
func (c *Client) lostError() *ConnectionLostError {
	<-c.done
	cause := c.doneErr
	if reason := c.givenUp.Load(); reason != nil {
		cause = *reason
	}
	return &ConnectionLostError{Address: c.address, Err: cause}
}

// connectError tells the end of ctx from a server that cannot be reached.
func connectError(ctx context.Context, address string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("connecting to the SSH server at %s: %w", address, context.Cause(ctx))
	}
	return &UnreachableError{Address: address, Err: err}
}

// timing holds the time limits of a connection; tests shorten them.
type timing struct {
	connect   time.Duration // until TCP is connected
	handshake time.Duration // until keys are exchanged and the user is authenticated
	keepAlive time.Duration // between keepalive requests
	answer    time.Duration // until a keepalive request is answered, or the peer counts as dead
	linger    time.Duration // silence after the script's end until output held open by others is left
	killSlack time.Duration // beyond the grace period, for ending a cancelled script
}

// A dead peer is noticed after keepAlive + answer at most: within a minute.
// keepAlive is far below the 350 s after which AWS NAT gateways and load
// balancers drop an idle flow.
var defaultTiming = timing{
	connect:   10 * time.Second,
	handshake: 20 * time.Second,
	keepAlive: 15 * time.Second,
	answer:    30 * time.Second,
	linger:    2 * time.Second,
	killSlack: 5 * time.Second,
}

// of returns the limits with what the target asks for in place of defaults.
func (l timing) of(t Target) timing {
	if t.ConnectTimeout > 0 {
		l.connect = t.ConnectTimeout
		l.handshake = max(l.handshake, t.ConnectTimeout)
	}
	if t.KeepAlive > 0 {
		l.keepAlive = t.KeepAlive
	}
	return l
}

// tcpProbes is how many unanswered probes make TCP itself give up.
const tcpProbes = 3

func (l timing) tcpKeepAlive() net.KeepAliveConfig {
	return net.KeepAliveConfig{Enable: true, Idle: l.keepAlive, Interval: l.keepAlive, Count: tcpProbes}
}
