package sshrun

import (
	"context"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
)

// endByAgent has the task's agent end a script, and reports whether all of its
// processes have ended. It is false for other servers. The terminate script would
// take the agent's other sessions for the script's daemons: all of them are children
// of process 1.
func (c *Client) endByAgent(ctx context.Context, s *session, grace time.Duration) bool {
	if _, ours := protocol.ParseServerVersion(c.ServerVersion()); !ours {
		return false
	}
	request := ssh.Marshal(struct{ GraceMilliseconds uint32 }{uint32(max(0, grace.Milliseconds()))}) //nolint:gosec // grace periods are far shorter than 49 days
	answer := make(chan bool, 1)
	go func() {
		ended, err := s.channel.SendRequest(protocol.TerminateRequest, true, request)
		answer <- ended && err == nil
	}()
	select {
	case ended := <-answer:
		return ended
	case <-s.closed:
	case <-c.done:
	case <-ctx.Done():
	}
	return false
}
