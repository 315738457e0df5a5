// Package sshrun runs a job's scripts on a task over SSH: it connects and
// authenticates, pins the server's host key, runs one script, streams its
// output unchanged, ends it with everything it started when the caller is
// canceled, and tells the script's own failure from a failure of the
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
	"sync"
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
	// HostKey is the key that the server must present. Nil trusts any key: read
	// it with [Client.HostKey] and pin it from then on.
	HostKey ssh.PublicKey
	// ConnectTimeout bounds one attempt to connect. Zero means 10 s, or 3 s in
	// [WaitReachable], which makes many.
	ConnectTimeout time.Duration
	// KeepAlive is the time between keepalive requests. A server that leaves one
	// unanswered for 30 s counts as dead. Zero means 15 s.
	KeepAlive time.Duration
}

// Address returns host:port, with brackets around an IPv6 address.
func (t Target) Address() string {
	return net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
}

// Client is an authenticated connection to a task's SSH server. Callers must
// close it.
type Client struct {
	target  Target
	address string
	raw     net.Conn
	conn    *ssh.Client
	hostKey ssh.PublicKey
	timing  timing

	asking chan struct{} // has a value while a keepalive request is unanswered

	lost    sync.Once
	done    chan struct{} // closed when the connection is gone or of no more use
	doneErr error         // why; read after done
}

// Dial connects and authenticates to t. It fails with *UnreachableError if no
// SSH server answers, *HostKeyMismatchError if the server's key is not the
// pinned one, *AuthenticationError if the server refuses the key,
// *NegotiationError if what answers is not an SSH server that is safe to use,
// and with the context's cause if ctx ends.
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

// newClient turns raw into an SSH connection, or closes it.
func newClient(ctx context.Context, raw net.Conn, t Target, limits timing) (*Client, error) {
	h := handshake{target: t}
	conn, err := h.run(ctx, raw, limits.handshake)
	if err != nil {
		return nil, err
	}
	c := &Client{
		target:  t,
		address: t.Address(),
		raw:     raw,
		conn:    conn,
		hostKey: h.presented(),
		timing:  limits,
		asking:  make(chan struct{}, 1),
		done:    make(chan struct{}),
	}
	go c.watch()
	go c.keepAlive() //nolint:contextcheck // it lasts as long as the connection
	return c, nil
}

// HostKey returns the key that the server presented.
func (c *Client) HostKey() ssh.PublicKey { return c.hostKey }

// ServerVersion returns the line with which the server introduced itself, such as
// SSH-2.0-OpenSSH_9.2p1, without its end. It may hold any text.
func (c *Client) ServerVersion() string { return string(c.conn.ServerVersion()) }

// Close ends the connection. A script that is still running keeps running on
// the task.
func (c *Client) Close() error {
	c.giveUp(net.ErrClosed)
	return nil
}

// watch records why the connection ended.
func (c *Client) watch() { c.giveUp(c.conn.Wait()) }

// giveUp closes a connection that is no longer of use, and records the first
// reason. It closes the TCP connection itself, which ends everything that waits
// for the server, and waits for nothing: closing an SSH connection would.
func (c *Client) giveUp(reason error) {
	c.lost.Do(func() {
		c.doneErr = reason
		close(c.done)
	})
	_ = c.raw.Close()
}

// awaitEnd waits for the end of a connection that no longer works, but not long.
func (c *Client) awaitEnd() {
	timer := time.NewTimer(c.timing.linger)
	defer timer.Stop()
	select {
	case <-c.done:
	case <-timer.C:
		c.giveUp(errors.New("it is broken"))
	}
}

// lostError says why a connection that no longer works ended.
func (c *Client) lostError() *ConnectionLostError {
	c.awaitEnd()
	return &ConnectionLostError{Address: c.address, Err: c.doneErr}
}

// connectError distinguishes the end of ctx from a server that cannot be
// reached.
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
	linger    time.Duration // silence after the script's end before output that others hold open is abandoned
	tail      time.Duration // after the script's end until such output is abandoned even if it goes on
	deliver   time.Duration // until a session for ending a canceled script has started, before another connection is tried
	killSlack time.Duration // beyond the grace period, until a canceled script is given up
}

// A dead peer is noticed within keepAlive + answer, less than a minute.
// keepAlive is far below the 350 s after which AWS NAT gateways and load
// balancers drop an idle flow.
var defaultTiming = timing{
	connect:   10 * time.Second,
	handshake: 20 * time.Second,
	keepAlive: 15 * time.Second,
	answer:    30 * time.Second,
	linger:    2 * time.Second,
	tail:      10 * time.Second,
	deliver:   3 * time.Second,
	killSlack: 5 * time.Second,
}

// of returns the limits with the target's own values in place of the defaults.
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
