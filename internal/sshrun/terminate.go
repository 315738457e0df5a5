package sshrun

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// terminateScript runs on the task, see its first lines. SSH's own signal
// request reaches one process at best, and OpenSSH refuses it for root.
//
//go:embed terminate.sh
var terminateScript string

// markPause is how long to wait for a script's command to show its marker or to
// be reported as ended, before looking again.
const markPause = 50 * time.Millisecond

// end ends all processes of a script and reports whether none is left. Output
// they still write goes to the log.
func (c *Client) end(s *session, st *streams, id string, grace time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), grace+c.timing.killSlack)
	defer cancel()
	killAt := time.Now().Add(grace)
	ended, err := c.endMarked(ctx, s, id, killAt)
	if err != nil {
		ended = c.endBySignal(ctx, s, killAt)
	}
	if !st.wait(c.timing.linger) {
		_ = s.channel.Close()
		st.wait(c.timing.linger)
	}
	return ended
}

// endMarked repeats the terminate script until the server reports the command
// as ended: a command that was only just started carries no marker yet.
func (c *Client) endMarked(ctx context.Context, s *session, id string, killAt time.Time) (bool, error) {
	for {
		nothingLeft, err := c.terminateMarked(ctx, id, time.Until(killAt))
		if err != nil || !nothingLeft {
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

// terminateMarked runs the terminate script once and reports whether no process
// with the marker is left.
func (c *Client) terminateMarked(ctx context.Context, id string, grace time.Duration) (bool, error) {
	tenths := max(0, grace.Milliseconds()/100)
	s, err := c.open(ctx, fmt.Sprintf("exec sh -s -- %s %d", marker(id), tenths))
	if err != nil {
		return false, err
	}
	defer func() { _ = s.channel.Close() }()
	go func() { _, _ = io.Copy(io.Discard, s.channel) }()
	go func() { _, _ = io.Copy(io.Discard, s.channel.Stderr()) }()
	if _, err := io.Copy(s.channel, strings.NewReader(terminateScript)); err != nil {
		return false, fmt.Errorf("sending the terminate script: %w", err)
	}
	_ = s.channel.CloseWrite()
	select {
	case <-s.exited:
	case <-s.closed:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return readTermination(c.outcome(s))
}

// readTermination reads the terminate script's exit code.
func readTermination(outcome error) (nothingLeft bool, err error) {
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
// It reaches the command alone, not what it started.
func (c *Client) endBySignal(ctx context.Context, s *session, killAt time.Time) bool {
	for _, step := range []struct {
		signal ssh.Signal
		until  time.Time
	}{
		{ssh.SIGTERM, killAt},
		{ssh.SIGKILL, killAt.Add(c.timing.killSlack)},
	} {
		payload := ssh.Marshal(struct{ Name string }{string(step.signal)})
		if _, err := s.channel.SendRequest("signal", false, payload); err != nil {
			return s.hasExited()
		}
		wait, cancel := context.WithDeadline(ctx, step.until)
		select {
		case <-s.exited:
		case <-s.closed:
		case <-wait.Done():
		}
		cancel()
		if s.hasExited() {
			break
		}
	}
	return s.hasExited()
}
