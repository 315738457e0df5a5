package hostilessh

import (
	"io"

	"golang.org/x/crypto/ssh"
)

// session runs no commands: it does what the mode says in place of the first.
func (c *connection) session(channel ssh.Channel, requests <-chan *ssh.Request) {
	for request := range requests {
		if request.Type != "exec" || c.server.Mode == CommandRefused {
			_ = request.Reply(false, nil)
			continue
		}
		if c.server.Mode == CommandWithheld {
			continue
		}
		_ = request.Reply(true, nil)
		go c.command(channel)
	}
}

func (c *connection) command(channel ssh.Channel) {
	input := make(chan struct{})
	go func() {
		defer close(input)
		_, _ = io.Copy(io.Discard, channel)
	}()
	switch c.server.Mode {
	case OutputEndless:
		flood(channel)
	case StderrEndless:
		flood(channel.Stderr())
	case RekeyWithheld, RekeyEndless:
		flood(channel)
	case ReadsNothing:
		c.raw.noReads.Store(true)
	case StatusEndless:
		untilError(func() error { return report(channel) })
	case StallAfterStatus:
		<-input
		_ = report(channel)
		c.raw.noReads.Store(true)
		c.raw.noWrites.Store(true)
	case OutputAfterwards:
		<-input
		_ = report(channel)
		flood(channel)
	}
	// Everything else waits for the client to end it: no exit status.
}

func flood(output io.Writer) {
	untilError(func() error {
		_, err := io.WriteString(output, piece)
		return err
	})
}

// report reports that the command has succeeded.
func report(channel ssh.Channel) error {
	_, err := channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{}))
	return err
}
