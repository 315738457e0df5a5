package gateway

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
)

const (
	// maxVariables is how many variables a client may set.
	maxVariables = 32
	// maxValue bounds the value of one, in bytes.
	maxValue = 1 << 10
	// terminalTimeout is how long a container's agent may take to open a terminal.
	terminalTimeout = 10 * time.Second
)

// session is one command in a container.
type session struct {
	link    *link
	channel ssh.Channel
	busy    *busy

	env      []string
	terminal *protocol.Terminal
	started  bool
	master   *os.File // of the terminal

	command *command // once one has started
	streams *streams
	closed  chan struct{} // closed when the client has closed the channel

	working     sync.WaitGroup
	terminating chan struct{} // has a value while a terminate request is answered
}

func newSession(l *link, channel ssh.Channel, busy *busy) *session {
	return &session{link: l, channel: channel, busy: busy, closed: make(chan struct{}), terminating: make(chan struct{}, 1)}
}

// serve answers the client's requests until the channel is closed. The command
// itself is not ended then, but nobody reads its output any more.
func (s *session) serve(requests <-chan *ssh.Request) {
	for request := range requests {
		switch request.Type {
		case "exec", "shell":
			s.answerStart(request)
		case protocol.TerminateRequest:
			s.answerTerminate(request)
		default:
			reply(request, s.take(request))
		}
	}
	close(s.closed)
	if s.streams != nil {
		s.streams.close()
	}
	s.working.Wait()
	if s.command != nil {
		s.command.forget()
	}
	if s.started {
		s.busy.end()
	}
}

func reply(request *ssh.Request, ok bool) {
	if request.WantReply {
		_ = request.Reply(ok, nil)
	}
}

// take does what a request asks for that is done at once, and refuses every other:
// forwarding, subsystems.
func (s *session) take(request *ssh.Request) bool {
	switch request.Type {
	case "env":
		return s.setVariable(request.Payload)
	case "pty-req":
		return s.wantTerminal(request.Payload)
	case "window-change":
		return s.resize(request.Payload)
	case "signal":
		return s.signal(request.Payload)
	}
	return false
}

// setVariable takes what OpenSSH's clients send by default, and nothing that
// changes how programs are found or loaded.
func (s *session) setVariable(payload []byte) bool {
	var variable struct{ Name, Value string }
	if ssh.Unmarshal(payload, &variable) != nil || s.started || len(s.env) >= maxVariables || len(variable.Value) > maxValue || !utf8.ValidString(variable.Value) {
		return false
	}
	entry := variable.Name + "=" + variable.Value
	if variable.Name != "LANG" && !strings.HasPrefix(variable.Name, "LC_") ||
		strings.ContainsAny(variable.Name, "=") || strings.IndexByte(entry, 0) >= 0 {
		return false
	}
	s.env = append(s.env, entry)
	return true
}

// size is how RFC 4254, section 6.2, has a terminal's size: the rest is in pixels.
type size struct{ Columns, Rows, Width, Height uint32 }

func (s *session) wantTerminal(payload []byte) bool {
	var wanted struct {
		Type                         string
		Columns, Rows, Width, Height uint32
		Modes                        string
	}
	if ssh.Unmarshal(payload, &wanted) != nil || s.started || len(wanted.Type) > maxShown {
		return false
	}
	s.terminal = &protocol.Terminal{Type: wanted.Type, Columns: clamp(wanted.Columns), Rows: clamp(wanted.Rows)}
	return true
}

func clamp(n uint32) uint16 { return uint16(min(n, 1<<16-1)) }

func (s *session) resize(payload []byte) bool {
	var wanted size
	if ssh.Unmarshal(payload, &wanted) != nil || s.master == nil {
		return false
	}
	return setSize(s.master, &unix.Winsize{Col: clamp(wanted.Columns), Row: clamp(wanted.Rows)}) == nil
}

// setSize is for a terminal that others may close in the meantime.
func setSize(terminal *os.File, to *unix.Winsize) error {
	raw, err := terminal.SyscallConn()
	if err != nil {
		return err
	}
	var sizeErr error
	err = raw.Control(func(fd uintptr) { sizeErr = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, to) })
	return errors.Join(err, sizeErr)
}

func (s *session) signal(payload []byte) bool {
	var wanted struct{ Name string }
	if ssh.Unmarshal(payload, &wanted) != nil || s.command == nil {
		return false
	}
	return s.command.signal(wanted.Name)
}

// answerTerminate ends the command's processes, while other requests go on. A second
// one is refused until the first is answered: signals reach all processes too.
func (s *session) answerTerminate(request *ssh.Request) {
	var wanted struct{ GraceMilliseconds uint32 }
	if ssh.Unmarshal(request.Payload, &wanted) != nil || s.command == nil || !offer(s.terminating, struct{}{}) {
		reply(request, false)
		return
	}
	go func() {
		defer func() { <-s.terminating }()
		reply(request, s.command.terminate(time.Duration(wanted.GraceMilliseconds)*time.Millisecond, s.closed))
	}()
}

func (s *session) answerStart(request *ssh.Request) {
	var wanted struct{ Command string }
	if request.Type == "exec" && ssh.Unmarshal(request.Payload, &wanted) != nil || s.started || !s.busy.begin() {
		reply(request, false)
		return
	}
	s.started = true
	reply(request, true) // before the command can end, which closes the channel
	if err := s.start(wanted.Command); err != nil {
		s.fail(err.Error())
	}
}

// fail ends a session that has no command, or whose container is gone: without an
// exit code, so that nobody takes it for the command's own failure.
func (s *session) fail(reason string) {
	_, _ = fmt.Fprintf(s.channel.Stderr(), "The task's agent could not run this in container %s: %s\n", s.link.name, reason)
	_ = s.channel.Close()
}
