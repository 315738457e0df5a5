package gateway

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
)

// errGone is why a session has no end.
var errGone = errors.New("the container, or its agent, has ended: it may have run out of memory")

// start has the command started and connects it to the channel.
func (s *session) start(command string) error {
	select {
	case <-s.link.gone:
		return errGone
	default:
	}
	request := protocol.Start{Command: []byte(command), Env: s.env, Terminal: s.terminal}
	var err error
	if s.terminal == nil {
		err = s.startPiped(request)
	} else {
		err = s.startOnTerminal(request)
	}
	if err != nil {
		return err
	}
	outputs := s.streams.copy(s.channel)
	s.working.Go(func() { s.finish(outputs) })
	return nil
}

func (s *session) startPiped(request protocol.Start) error {
	opened, ends, err := openPipes()
	if err != nil {
		return err
	}
	defer closeAll(ends)
	if s.command, err = s.link.start(request, ends...); err != nil {
		opened.close()
		return fmt.Errorf("asking its agent: %w", err)
	}
	s.streams = opened
	return nil
}

// startOnTerminal waits for the container's agent to open a terminal. A command
// that could not be run has none.
func (s *session) startOnTerminal(request protocol.Start) error {
	command, err := s.link.start(request)
	if err != nil {
		return fmt.Errorf("asking its agent: %w", err)
	}
	s.command, s.streams = command, &streams{}
	master, err := command.awaitTerminal()
	if master == nil {
		return err
	}
	if s.master, err = pollable(master); err == nil {
		s.streams = &streams{stdin: s.master, stdout: s.master}
	}
	return err
}

// awaitTerminal returns nil and no error for a command that has ended and had no
// terminal.
func (c *command) awaitTerminal() (*os.File, error) {
	timer := time.NewTimer(terminalTimeout)
	defer timer.Stop()
	var err error
	select {
	case master := <-c.terminal:
		return master, nil
	case exited := <-c.exited:
		c.exited <- exited
	case reason := <-c.notStarted:
		return nil, errors.New(reason)
	case <-c.link.gone:
		err = errGone
	case <-timer.C:
		return nil, fmt.Errorf("its agent has not opened a terminal within %s", terminalTimeout)
	}
	select {
	case master := <-c.terminal: // that came just before
		return master, nil
	default:
		return nil, err
	}
}

// finish reports the command's end at once, and closes the channel when its output
// has ended too: processes in the background may write on.
func (s *session) finish(outputs <-chan struct{}) {
	select {
	case exited := <-s.command.exited:
		s.report(exited)
	case reason := <-s.command.notStarted:
		s.fail(reason)
	case <-s.link.gone:
		s.finishWithoutAgent(outputs)
	case <-s.closed:
		return
	}
	select {
	case <-outputs:
		s.closeAnswered()
	case <-s.closed:
	}
}

// closeAnswered closes the channel once no terminate request waits for its answer.
// None is taken from then on.
func (s *session) closeAnswered() {
	select {
	case s.terminating <- struct{}{}:
		_ = s.channel.Close()
	case <-s.closed:
	}
}

// finishWithoutAgent lets the output come first that was written before the
// container's end. The last report may have come just before that, too.
func (s *session) finishWithoutAgent(outputs <-chan struct{}) {
	select {
	case exited := <-s.command.exited:
		s.report(exited)
		return
	default:
	}
	select {
	case <-outputs:
	case <-s.closed:
	}
	s.fail(errGone.Error())
}

func (s *session) report(exited protocol.Exited) {
	if exited.Message != "" {
		_, _ = fmt.Fprintf(s.channel.Stderr(), "%s: %s\n", s.link.name, exited.Message)
	}
	if exited.Signal == "" {
		_, _ = s.channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{uint32(exited.Code)}))
		return
	}
	_, _ = s.channel.SendRequest("exit-signal", false, ssh.Marshal(struct {
		Name       string
		CoreDumped bool
		Message    string
		Language   string
	}{Name: signalName(exited.Signal), CoreDumped: exited.Core}))
}

// standardSignals are those that RFC 4254, section 6.10, names.
const standardSignals = " ABRT ALRM FPE HUP ILL INT KILL PIPE QUIT SEGV TERM USR1 USR2 "

// signalName is how OpenSSH names a signal that the RFC does not name.
func signalName(name string) string {
	if strings.Contains(standardSignals, " "+name+" ") {
		return name
	}
	return name + "@openssh.com"
}

// openPipes makes the pipes of a command, and returns the ends that it gets.
func openPipes() (*streams, []*os.File, error) {
	var own, theirs []*os.File
	for i := range protocol.MaxFiles {
		read, write, err := pipe(i > 0)
		if err != nil {
			closeAll(append(own, theirs...))
			return nil, nil, err
		}
		if i == 0 {
			own, theirs = append(own, write), append(theirs, read)
		} else {
			own, theirs = append(own, read), append(theirs, write)
		}
	}
	return &streams{stdin: own[0], stdout: own[1], stderr: own[2]}, theirs, nil
}
