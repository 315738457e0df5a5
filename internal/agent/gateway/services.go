package gateway

import (
	"fmt"
	"os"
	"slices"
	"sync"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// The states of a service.
const (
	stateAbsent  = "absent"  // its agent has not connected
	stateWaiting = "waiting" // it has not been told to start
	stateStarted = "started" // it has been told, and has not become the service yet
	stateRunning = "running"
	stateFailed  = "failed" // it could not be started
	stateEnded   = "ended"  // it has closed its output, as a process does that ends
)

// service is one of the task's services.
type service struct {
	name  string
	print func(line []byte)

	mu       sync.Mutex
	link     *link
	state    string
	reason   string        // of a failure
	settled  chan struct{} // closed when it is running or has failed
	released bool
	output   ring
	open     int // pipes that are open
}

// services are all of them.
type services struct {
	names  []string
	byName map[string]*service
}

func newServices(names []string, log *printer) *services {
	s := &services{names: slices.Sorted(slices.Values(names)), byName: map[string]*service{}}
	for _, name := range names {
		s.byName[name] = &service{
			name: name, state: stateAbsent, settled: make(chan struct{}),
			print: func(line []byte) { log.print(name, line) },
		}
	}
	return s
}

// arrived notes that a service's agent has connected.
func (s *services) arrived(l *link) {
	service := s.byName[l.name]
	service.mu.Lock()
	defer service.mu.Unlock()
	service.link, service.state = l, stateWaiting
}

// left notes that the agent's connection has ended: it has become the service, if
// nothing else was said.
func (s *services) left(l *link) {
	l.mu.Lock()
	became, failure := l.becoming, l.failure
	l.mu.Unlock()
	switch {
	case failure != "":
		s.byName[l.name].fail(text.OneLine(failure))
	case became:
		s.byName[l.name].became()
	default:
		s.byName[l.name].fail("its agent has ended before it became the service")
	}
}

func (s *service) fail(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.reason = stateFailed, reason
	s.settle()
	s.print([]byte("not started: " + reason))
}

func (s *service) became() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = stateRunning
	if s.open == 0 {
		s.state = stateEnded
	}
	s.settle()
}

// settle is called with s.mu.
func (s *service) settle() {
	select {
	case <-s.settled:
	default:
		close(s.settled)
	}
}

// release has the service start, once.
func (s *service) release(release protocol.Release) error {
	s.mu.Lock()
	l, again := s.link, s.released
	s.released = l != nil
	if l != nil && !again && s.state == stateWaiting {
		s.state = stateStarted
	}
	s.mu.Unlock()
	switch {
	case l == nil:
		return fmt.Errorf("the agent of service %s has not connected", s.name)
	case again:
		return fmt.Errorf("service %s has been started already", s.name)
	}
	var ends []*os.File
	defer func() { closeAll(ends) }()
	for range 2 {
		read, write, err := pipe(true)
		if err != nil {
			return fmt.Errorf("service %s: %w", s.name, err)
		}
		ends = append(ends, write)
		s.follow(read)
	}
	if err := l.send(protocol.Request{Release: &release}, ends...); err != nil {
		return fmt.Errorf("starting service %s: %w", s.name, err)
	}
	return nil
}

// follow takes in one of the service's outputs.
func (s *service) follow(from *os.File) {
	s.mu.Lock()
	s.open++
	s.mu.Unlock()
	go func() {
		defer func() { _ = from.Close() }()
		lines := lineWriter{print: s.print}
		buffer := make([]byte, serviceBuffer)
		for {
			n, err := from.Read(buffer)
			s.keep(buffer[:n])
			lines.write(buffer[:n])
			if err != nil {
				break
			}
		}
		lines.flush()
		s.closed()
	}()
}

// serviceBuffer is the largest piece of a service's output taken in at once, in
// bytes.
const serviceBuffer = 16 << 10

func (s *service) keep(piece []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.output.write(piece)
}

func (s *service) closed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if s.open == 0 && s.state == stateRunning {
		s.state = stateEnded
		s.print([]byte("has ended"))
	}
}
