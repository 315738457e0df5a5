package sshrun

import (
	"bytes"
	"io"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// stalledChannel is a session over a network that stalls: what the script wrote
// last arrives with the answer to the next request.
type stalledChannel struct {
	ssh.Channel

	arrived *io.PipeReader
	network *io.PipeWriter
}

func (c *stalledChannel) Read(p []byte) (int, error)  { return c.arrived.Read(p) }
func (c *stalledChannel) Write(p []byte) (int, error) { return len(p), nil }
func (c *stalledChannel) CloseWrite() error           { return nil }
func (c *stalledChannel) Stderr() io.ReadWriter       { return &bytes.Buffer{} }
func (c *stalledChannel) Close() error                { return c.network.Close() }

func TestFinish_NetworkStalls_LosesNoOutput(t *testing.T) {
	channel := &stalledChannel{}
	channel.arrived, channel.network = io.Pipe()
	var stdout bytes.Buffer
	st := connect(channel, Script{Body: &bytes.Buffer{}, Stdout: &stdout, Stderr: io.Discard}, "id")
	asked := 0
	err := st.finish(channel, time.Millisecond, func() bool {
		if asked++; asked == 1 {
			_, _ = io.WriteString(channel.network, "the tail")
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	if stdout.String() != "the tail" || asked < 2 {
		t.Errorf("output %q after %d requests, want all of it, and silence after that", stdout.String(), asked)
	}
}
