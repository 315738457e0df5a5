package gateway

import (
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/agent/seqpacket"
	"github.com/fargate-operator/fargate-operator/internal/test/bound"
)

// rogue is a link whose other end the test speaks for.
func rogue(t *testing.T) (*link, *seqpacket.Conn) {
	t.Helper()
	here, there, err := seqpacket.Pair(protocol.MaxReport, protocol.MaxRequest)
	if err != nil {
		t.Fatal(err)
	}
	l := newLink(Job, here)
	go l.receive()
	t.Cleanup(func() {
		_, _ = here.Close(), there.Close()
		bound.Value(t, l.gone, "the link's end")
	})
	return l, there
}

func say(t *testing.T, to *seqpacket.Conn, message string, files ...*os.File) {
	t.Helper()
	if err := to.Send([]byte(message), files...); err != nil {
		t.Fatal(err)
	}
}

func TestLink_AgentThatBreaksTheProtocol_IsGivenUp(t *testing.T) {
	t.Parallel()
	for name, message := range map[string]string{
		"garbage":        "garbage",
		"a second hello": `{"hello":{"protocol":1,"container":"job"}}`,
		"a request":      `{"forget":{"id":1}}`,
		"nothing":        `{}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, agent := rogue(t)
			say(t, agent, message)
			bound.Value(t, l.gone, "the link's end")
			if l.err == nil || errors.Is(l.err, io.EOF) {
				t.Errorf("%v", l.err)
			}
		})
	}
}

func TestLink_ReportsThatNobodyWaitsFor_AreDropped(t *testing.T) {
	t.Parallel()
	l, agent := rogue(t)
	c, err := l.start(protocol.Start{Command: []byte("true")})
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	for range 100 {
		say(t, agent, `{"exited":{"id":99,"code":1}}`, null)
		say(t, agent, `{"started":{"id":1}}`, null, null, null)
		say(t, agent, `{"terminated":{"id":99,"left":1}}`)
		say(t, agent, `{"becoming":{}}`)
	}
	say(t, agent, `{"exited":{"id":1,"code":3}}`)
	say(t, agent, `{"exited":{"id":1,"code":4}}`)
	if exited := bound.Value(t, c.exited, "the command's end"); exited.Code != 3 {
		t.Errorf("code %d, want the first one", exited.Code)
	}
	c.forget()
	say(t, agent, `{"exited":{"id":1,"code":5}}`)
	if l.find(1) != nil {
		t.Error("the command is still known")
	}
}

func TestCommand_AgentVanishesWhileItTerminates_IsNotReportedAsEnded(t *testing.T) {
	t.Parallel()
	l, agent := rogue(t)
	c, err := l.start(protocol.Start{Command: []byte("true")})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan bool, 1)
	go func() { answered <- c.terminate(time.Hour, nil) }()
	for range 2 { // start, terminate
		if _, _, err := agent.Receive(); err != nil {
			t.Fatal(err)
		}
	}
	_ = agent.Close()
	if bound.Value(t, answered, "the answer") {
		t.Error("reported as ended")
	}
	if _, err := l.start(protocol.Start{Command: []byte("true")}); err == nil {
		t.Error("a command starts without an agent")
	}
}

func TestCommand_TerminalAndEndAtOnce_TheTerminalIsTaken(t *testing.T) {
	t.Parallel()
	l, _ := rogue(t)
	for range 100 {
		c := l.newCommand()
		c.terminal <- os.Stdin
		c.exited <- protocol.Exited{Code: 3}
		if terminal, err := c.awaitTerminal(); terminal == nil || err != nil {
			t.Fatalf("%v, %v", terminal, err)
		}
		if exited := bound.Value(t, c.exited, "the command's end"); exited.Code != 3 {
			t.Fatalf("%+v", exited)
		}
	}
}

func TestCommand_EndWithoutATerminal_IsKept(t *testing.T) {
	t.Parallel()
	l, _ := rogue(t)
	c := l.newCommand()
	c.exited <- protocol.Exited{Code: 127}
	if terminal, err := c.awaitTerminal(); terminal != nil || err != nil {
		t.Errorf("%v, %v", terminal, err)
	}
	if exited := bound.Value(t, c.exited, "the command's end"); exited.Code != 127 {
		t.Errorf("%+v", exited)
	}
}

func TestCommand_NobodyWaitsForTheAnswer_TerminateReturns(t *testing.T) {
	t.Parallel()
	l, _ := rogue(t)
	closed := make(chan struct{})
	close(closed)
	bound.End(t, "terminate", func() {
		if l.newCommand().terminate(time.Hour, closed) {
			t.Error("reported as ended")
		}
	})
}
