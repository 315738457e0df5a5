package sshrun

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/crypto/ssh"
)

// terminateScript runs on the task; its first lines explain it. SSH's own signal
// request reaches one process at best, and OpenSSH refuses it for root.
//
//go:embed terminate.sh
var terminateScript string

// markPause is how long to wait before looking again for a command that neither
// carries its marker yet nor is reported as ended.
const markPause = 50 * time.Millisecond

// end ends all processes of a script and reports whether all of them are gone.
// Output that they still write goes to the log. Whatever the server does, end
// returns by one deadline.
func (c *Client) end(s *session, st *streams, id string, grace time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), grace+c.timing.killSlack)
	defer cancel()
	ended := c.endProcesses(ctx, s, id, time.Now().Add(grace))
	if !st.wait(ctx, c.timing.linger) {
		s.abandon()
		st.wait(ctx, c.timing.linger)
	}
	return ended
}

// endProcesses asks the agent, which knows what belongs to the script. For other
// servers, and if it cannot, it tries this connection, then another one, for a server
// that grants no second session or has stalled, then SSH's own signals.
func (c *Client) endProcesses(ctx context.Context, s *session, id string, killAt time.Time) bool {
	if c.endByAgent(ctx, s, time.Until(killAt)) {
		return true
	}
	ended, err := c.endMarked(ctx, s, id, killAt)
	if errors.Is(err, errUndelivered) {
		ended, err = c.endMarkedElsewhere(ctx, s, id, killAt)
	}
	if err != nil {
		c.endBySignal(ctx, s, killAt)
		return false
	}
	return ended
}

// endMarkedElsewhere is endMarked on another connection.
func (c *Client) endMarkedElsewhere(ctx context.Context, s *session, id string, killAt time.Time) (bool, error) {
	target := c.target
	target.HostKey = c.hostKey
	other, err := dial(ctx, target, c.timing)
	if err != nil {
		return false, err
	}
	defer func() { _ = other.Close() }()
	return other.endMarked(ctx, s, id, killAt)
}

// endMarked repeats the terminate script until the server reports the command
// as ended: a command that has just been started carries no marker yet.
func (c *Client) endMarked(ctx context.Context, s *session, id string, killAt time.Time) (bool, error) {
	for {
		gone, err := c.terminateMarked(ctx, id, time.Until(killAt))
		if err != nil || !gone {
			return false, err
		}
		select {
		case <-s.exited:
			return true, nil
		case <-s.closed:
			return s.hasExited(), nil
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(markPause):
		}
	}
}

// terminateMarked runs the terminate script once and reports whether all
// processes with the marker are gone.
func (c *Client) terminateMarked(ctx context.Context, id string, grace time.Duration) (bool, error) {
	tenths := max(0, grace.Milliseconds()/100)
	s, err := c.deliver(ctx, fmt.Sprintf("exec sh -s -- %s %d", marker(id), tenths))
	if err != nil {
		return false, err
	}
	defer s.abandon()
	select {
	case <-s.exited:
	case <-s.closed:
	case <-c.done:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if !s.hasExited() {
		return false, fmt.Errorf("%w: the server did not report its end", errUndelivered)
	}
	return readTermination(s.outcome)
}

// errUndelivered says that the terminate script has not run on a connection.
var errUndelivered = errors.New("the terminate script was not delivered")

// deliver starts a command with the terminate script as its input. A server that
// does not take it in time gets no more of it.
func (c *Client) deliver(ctx context.Context, command string) (*session, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timing.deliver)
	defer cancel()
	s, err := c.open(ctx, command)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUndelivered, err)
	}
	go func() { _, _ = io.Copy(io.Discard, s.channel) }()
	go func() { _, _ = io.Copy(io.Discard, s.channel.Stderr()) }()
	sent := make(chan error, 1)
	go func() {
		_, err := io.WriteString(s.channel, terminateScript)
		_ = s.channel.CloseWrite()
		sent <- err
	}()
	select {
	case err = <-sent:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		s.abandon()
		return nil, fmt.Errorf("%w: %w", errUndelivered, err)
	}
	return s, nil
}

// readTermination reads the terminate script's exit code.
func readTermination(outcome error) (gone bool, err error) {
	var exit *ExitError
	switch {
	case outcome == nil:
		return true, nil
	case errors.As(outcome, &exit) && exit.Code == 1:
		return false, nil
	default:
		return false, fmt.Errorf("finding the script's processes: %w", outcome)
	}
}

// endBySignal asks the server to signal the command, for systems without /proc.
// The signal reaches the command only: of what it started nothing is known.
func (c *Client) endBySignal(ctx context.Context, s *session, killAt time.Time) {
	for _, step := range []struct {
		signal ssh.Signal
		until  time.Time
	}{
		{ssh.SIGTERM, killAt},
		{ssh.SIGKILL, killAt.Add(c.timing.killSlack)},
	} {
		go s.signal(step.signal)
		wait, cancel := context.WithDeadline(ctx, step.until)
		select {
		case <-s.exited:
		case <-s.closed:
		case <-c.done:
		case <-wait.Done():
		}
		cancel()
		if s.hasExited() || ctx.Err() != nil {
			return
		}
	}
}

// signal asks the server to signal the command; there is no answer to it.
func (s *session) signal(name ssh.Signal) {
	_, _ = s.channel.SendRequest("signal", false, ssh.Marshal(struct{ Name string }{string(name)}))
}
