package sshrun

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/crypto/ssh"
)

// session is one command on the server.
type session struct {
	channel ssh.Channel
	exited  chan struct{} // closed when the server has reported how the command ended
	closed  chan struct{} // closed when nothing more comes: session or connection is gone
	outcome error         // nil or *ExitError; read after exited
}

// open starts a command. If ctx or the connection ends first, the session is
// closed as soon as it exists, which gives the command an empty input.
func (c *Client) open(ctx context.Context, command string) (*session, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		session *session
		err     error
	}
	opened := make(chan result)
	go func() {
		s, err := c.start(ctx, command)
		select {
		case opened <- result{s, err}:
		case <-ctx.Done():
			if err == nil {
				_ = s.channel.Close()
			}
		}
	}()
	timer := time.NewTimer(c.timing.answer)
	defer timer.Stop()
	select {
	case r := <-opened:
		return r.session, r.err
	case <-timer.C:
		c.giveUp(fmt.Errorf("no answer to the request for a session for %s", c.timing.answer))
	case <-c.done:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return nil, c.unsent(c.lostError())
}

func (c *Client) start(ctx context.Context, command string) (*session, error) {
	channel, requests, err := c.conn.OpenChannel("session", nil)
	if err != nil {
		return nil, c.sessionError(ctx, err)
	}
	s := &session{channel: channel, exited: make(chan struct{}), closed: make(chan struct{})}
	go s.watch(requests)
	payload := ssh.Marshal(struct{ Command string }{command})
	accepted, err := channel.SendRequest("exec", true, payload)
	if err == nil && !accepted {
		err = errors.New("the server refuses to run commands")
	}
	if err != nil {
		_ = channel.Close()
		return nil, c.sessionError(ctx, err)
	}
	return s, nil
}

// sessionError distinguishes a server that grants no session from a lost
// connection.
func (c *Client) sessionError(ctx context.Context, err error) error {
	if !c.alive(ctx) {
		return c.unsent(c.lostError())
	}
	return fmt.Errorf("the SSH server at %s started no shell for the script, check ForceCommand, MaxSessions and the user's login shell: %w", c.address, err)
}

// unsent notes that the connection ended before anything was sent.
func (c *Client) unsent(err *ConnectionLostError) error {
	err.Unsent = true
	return err
}

// watch receives what the server reports about the command, until the session
// ends. Only the first outcome counts.
func (s *session) watch(requests <-chan *ssh.Request) {
	defer close(s.closed)
	reported := false
	for request := range requests {
		final, outcome := parseOutcome(request)
		if final && !reported {
			reported = true
			s.outcome = outcome
			close(s.exited)
		}
		if request.WantReply {
			_ = request.Reply(final, nil)
		}
	}
}

// awaitReports waits until everything is taken in that the server has reported,
// after the end of the connection.
func (s *session) awaitReports(limit time.Duration) {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-s.closed:
	case <-timer.C:
	}
}

// hasExited reports whether the server has said how the command ended.
func (s *session) hasExited() bool {
	select {
	case <-s.exited:
		return true
	default:
		return false
	}
}

// abandon closes the session, without waiting for the server to take that in.
func (s *session) abandon() { go func() { _ = s.channel.Close() }() }
