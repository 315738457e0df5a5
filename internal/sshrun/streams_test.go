package sshrun

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
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

// RFC 4254 says of no server that its exit status comes last.
func TestRun_OutputAfterTheExitStatus_IsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		served := make(chan struct{})
		err := runThrough(t, &relay{}, &faultyServer{
			onExec: func(_ *ssh.ServerConn, _ string, channel ssh.Channel) {
				defer close(served)
				reportStatus(channel, 7)
				for _, piece := range []string{"the ", "long ", "tail"} {
					<-time.After(defaultTiming.linger * 9 / 10) // of the bubble's time
					_, _ = io.WriteString(channel, piece)
					_, _ = io.WriteString(channel.Stderr(), piece)
				}
			},
		}, Script{Body: strings.NewReader("make"), Stdout: &stdout, Stderr: &stderr})
		// In the bubble, time passes only as long as its test runs.
		bound.Value(t, served, "the end of the server's output")
		if diff := cmp.Diff(&ExitError{Code: 7}, err); diff != "" {
			t.Errorf("the script's end differs (-want +got):\n%s", diff)
		}
		const want = "the long tail"
		if stdout.String() != want || stderr.String() != want {
			t.Errorf("stdout %q, stderr %q; want %q of both: output that came after the exit status is lost", stdout.String(), stderr.String(), want)
		}
	})
}

// ticking is a server whose command succeeds at once and leaves a process behind
// that prints a line a second for 40 s. Its terminate script finds nothing to do.
func ticking() *faultyServer {
	return &faultyServer{onExec: func(_ *ssh.ServerConn, command string, channel ssh.Channel) {
		reportStatus(channel, 0)
		if strings.Contains(command, "sh -s") {
			return
		}
		for range 40 {
			<-time.After(time.Second)
			if _, err := io.WriteString(channel, "tick\n"); err != nil {
				return
			}
		}
	}}
}

func TestRun_OutputGoesOnAfterTheExitStatus_IsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stdout bytes.Buffer
		begun := time.Now()
		err := runThrough(t, &relay{}, ticking(), Script{Body: strings.NewReader("make"), Stdout: &stdout, Stderr: io.Discard})
		if err != nil {
			t.Error(err)
		}
		if took := time.Since(begun); took > defaultTiming.tail+defaultTiming.linger {
			t.Errorf("the stage was held for %s, want %s", took, defaultTiming.tail)
		}
		if got := strings.Count(stdout.String(), "tick\n"); got < 9 {
			t.Errorf("%d lines arrived, want those of the first ten seconds", got)
		}
		<-time.After(time.Minute) // of the bubble's time: the server has ended
	})
}

func TestRun_CanceledAfterTheExitStatus_EndsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		client := dialThrough(t, &relay{}, ticking())
		defer func() { _ = client.Close() }()
		begun := time.Now()
		err := client.Run(ctx, quietScript("make"))
		var canceled *CanceledError
		if !errors.As(err, &canceled) {
			t.Errorf("got %v, want *CanceledError", err)
		}
		// The output is open for as long as it may be after a script's end.
		if took := time.Since(begun); took > 5*time.Second+2*defaultTiming.linger {
			t.Errorf("the stage was held for %s, want 5 s and what the script's end takes", took)
		}
		<-time.After(time.Minute) // of the bubble's time: the server has ended
	})
}

// answering is a connection to a server that answers every request; what it sent
// before arrives with the answer.
type answering struct {
	ssh.Conn

	before func()
}

func (a answering) SendRequest(string, bool, []byte) (bool, []byte, error) {
	a.before()
	return false, nil, nil
}

func TestFinish_NetworkStalls_LosesNoOutput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		channel := &stalledChannel{}
		channel.arrived, channel.network = io.Pipe()
		var stdout bytes.Buffer
		st := connect(channel, Script{Body: &bytes.Buffer{}, Stdout: &stdout, Stderr: io.Discard}, "id")
		asked := 0
		client := &Client{timing: defaultTiming, asking: make(chan struct{}, 1), done: make(chan struct{})}
		client.conn = &ssh.Client{Conn: answering{before: func() {
			if asked++; asked == 1 {
				_, _ = io.WriteString(channel.network, "the tail")
				synctest.Wait() // until it is counted
			}
		}}}
		client.finish(t.Context(), &session{channel: channel}, st)
		if stdout.String() != "the tail" || asked < 2 {
			t.Errorf("output %q after %d requests, want all of it, and silence after that", stdout.String(), asked)
		}
	})
}
