package gateway

import (
	"errors"
	"os"
	"sync"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/agent/process"
	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/agent/seqpacket"
)

// link is the connection to a container's agent.
type link struct {
	name string
	conn *seqpacket.Conn

	ready bool // guarded by containers.mu

	gone chan struct{} // closed when the connection has ended
	err  error         // why, read after gone

	mu       sync.Mutex
	last     uint32
	commands map[uint32]*command

	// What a service's agent has said, guarded by mu.
	becoming bool
	process  *os.File // a pidfd of the service
	failure  string
}

// command is one that runs in a container. Each of its channels gets one value at
// most, terminated one for each request.
type command struct {
	id   uint32
	link *link

	terminal   chan *os.File
	exited     chan protocol.Exited
	notStarted chan string
	terminated chan int
}

func newLink(name string, conn *seqpacket.Conn) *link {
	return &link{name: name, conn: conn, gone: make(chan struct{}), commands: map[uint32]*command{}}
}

// receive takes in what the agent reports, until the connection ends or the agent
// breaks the protocol.
func (l *link) receive() {
	defer close(l.gone)
	defer func() { _ = l.conn.Close() }()
	for {
		message, files, err := l.conn.Receive()
		if err != nil {
			l.err = err
			return
		}
		report, err := protocol.Decode[protocol.Report](message)
		if err == nil {
			files, err = l.take(report, files)
		}
		closeAll(files)
		if err != nil {
			l.err = err
			return
		}
	}
}

// take hands a report to whom it is for, and returns the files that nobody took.
// What is for an unknown command is dropped: its session may just have ended.
func (l *link) take(report protocol.Report, files []*os.File) ([]*os.File, error) {
	if report.Hello != nil {
		return files, errors.New("a second hello")
	}
	id, ok := report.Command()
	if !ok {
		return l.note(report, files), nil
	}
	if c := l.find(id); c != nil {
		files = c.take(report, files)
	}
	return files, nil
}

// take notes a report about the command, and returns the files that it did not take.
func (c *command) take(report protocol.Report, files []*os.File) []*os.File {
	switch {
	case report.Started != nil && len(files) == 1 && offer(c.terminal, files[0]):
		return nil
	case report.Exited != nil:
		offer(c.exited, *report.Exited)
	case report.NotStarted != nil:
		offer(c.notStarted, report.NotStarted.Reason)
	case report.Terminated != nil:
		offer(c.terminated, report.Terminated.Left)
	}
	return files
}

// note records what a service's agent says, and returns the files that it did not
// take.
func (l *link) note(report protocol.Report, files []*os.File) []*os.File {
	l.mu.Lock()
	defer l.mu.Unlock()
	if report.Failed != nil {
		l.failure = report.Failed.Reason
	}
	if report.Becoming == nil || l.becoming {
		return files
	}
	l.becoming = true
	if len(files) != 1 {
		return files
	}
	l.process = files[0]
	return nil
}

// offer gives a channel its value, unless it has one.
func offer[T any](to chan T, value T) bool {
	select {
	case to <- value:
		return true
	default:
		return false
	}
}

func (l *link) find(id uint32) *command {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.commands[id]
}

// start has a command started. The agent gets copies of the files.
func (l *link) start(request protocol.Start, files ...*os.File) (*command, error) {
	c := l.newCommand()
	request.ID = c.id
	if err := l.send(protocol.Request{Start: &request}, files...); err != nil {
		l.drop(c)
		return nil, err
	}
	return c, nil
}

func (l *link) newCommand() *command {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	c := &command{
		id: l.last, link: l,
		terminal: make(chan *os.File, 1), exited: make(chan protocol.Exited, 1),
		notStarted: make(chan string, 1), terminated: make(chan int, 1),
	}
	l.commands[c.id] = c
	return c
}

// drop removes a command that nothing will be reported of any more.
func (l *link) drop(c *command) {
	l.mu.Lock()
	delete(l.commands, c.id)
	l.mu.Unlock()
	select {
	case terminal := <-c.terminal:
		_ = terminal.Close()
	default:
	}
}

// send sends a request. An agent that does not take it is given up, by the
// connection. What fails here, for example because there are too many open files,
// leaves the container's other commands alone.
func (l *link) send(request protocol.Request, files ...*os.File) error {
	encoded, err := protocol.Encode(request)
	if err != nil {
		return err
	}
	return l.conn.Send(encoded, files...)
}

// signal sends a signal. It returns false if there is none with that name.
func (c *command) signal(name string) bool {
	return process.SignalNumber(name) != 0 && c.link.send(protocol.Request{Signal: &protocol.Signal{ID: c.id, Name: name}}) == nil
}

// terminate ends all processes of the command, and reports whether all of them are
// gone. It returns false too if the agent is, or once nobody waits any more.
func (c *command) terminate(grace time.Duration, nobodyWaits <-chan struct{}) bool {
	request := protocol.Terminate{ID: c.id, GraceMilliseconds: uint32(min(grace, maxGrace).Milliseconds())} //nolint:gosec // bounded
	if c.link.send(protocol.Request{Terminate: &request}) != nil {
		return false
	}
	select {
	case left := <-c.terminated:
		return left == 0
	case <-c.link.gone:
		return false
	case <-nobodyWaits:
		return false
	}
}

// maxGrace bounds grace periods. ECS gives a container 2 minutes to stop at most.
const maxGrace = 5 * time.Minute

// forget ends what this program knows of the command. Its processes go on.
func (c *command) forget() {
	c.link.drop(c)
	_ = c.link.send(protocol.Request{Forget: &protocol.Forget{ID: c.id}})
}

func closeAll(files []*os.File) {
	for _, file := range files {
		_ = file.Close()
	}
}
