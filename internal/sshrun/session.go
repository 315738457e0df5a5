package sshrun

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"
)

// session is one command on the server.
type session struct {
	channel ssh.Channel
	exited  chan struct{} // closed when the server has reported how the command ended
	closed  chan struct{} // closed when nothing more comes: session or connection is gone
	outcome error         // nil or *ExitError; read after exited
}

// open starts a command. If ctx ends first, the session is closed as soon as it
// exists, which gives the command an empty input.
func (c *Client) open(ctx context.Context, command string) (*session, error) {
	type result struct {
		session *session
		err     error
	}
	opened := make(chan result)
	go func() {
		s, err := c.start(command)
		select {
		case opened <- result{s, err}:
		case <-ctx.Done():
			if err == nil {
				_ = s.channel.Close()
			}
		}
	}()
	select {
	case r := <-opened:
		return r.session, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (c *Client) start(command string) (*session, error) {
	channel, requests, err := c.conn.OpenChannel("session", nil)
	if err != nil {
		return nil, c.sessionError(err)
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
		return nil, c.sessionError(err)
	}
	return s, nil
}

// sessionError distinguishes a server that grants no session from a lost
// connection.
func (c *Client) sessionError(err error) error {
	if !c.alive() {
		return c.lostError()
	}
	return fmt.Errorf("the SSH server at %s started no shell for the script, check ForceCommand, MaxSessions and the user's login shell: %w", c.address, err)
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

// hasExited reports whether the server has said how the command ended.
func (s *session) hasExited() bool {
	select {
	case <-s.exited:
		return true
	default:
		return false
	}
}
