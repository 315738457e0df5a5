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
	stateEnded   = "ended"  // so has its process
)

// service is one of the task's services.
type service struct {
	name string
	log  *printer

	mu       sync.Mutex
	link     *link
	state    string
	reason   string        // of a failure
	settled  chan struct{} // closed when it is running or has failed
	released bool
	output   ring

	following sync.WaitGroup // its outputs, until they are closed
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
			name: name, log: log, state: stateAbsent, settled: make(chan struct{}),
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
	became, process, failure := l.becoming, l.process, l.failure
	l.mu.Unlock()
	if process != nil {
		defer func() { _ = process.Close() }()
	}
	switch {
	case failure != "":
		s.byName[l.name].fail(text.OneLine(failure))
	case became:
		s.byName[l.name].became(process)
	default:
		s.byName[l.name].fail("its agent has ended before it became the service")
	}
}

func (s *service) fail(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.reason = stateFailed, reason
	s.settle()
	s.log.printf("service %s was not started: %s", s.name, reason)
}

// became notes that the agent has become the service, and waits for its end if there
// is a pidfd. What it has printed is complete then.
func (s *service) became(process *os.File) {
	s.mu.Lock()
	s.state = stateRunning
	s.settle()
	s.mu.Unlock()
	if process == nil {
		return
	}
	if err := awaitProcess(process); err != nil {
		s.log.printf("the end of service %s cannot be noticed: %v", s.name, err)
		return
	}
	s.following.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = stateEnded
	s.log.printf("service %s has ended", s.name)
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
	l, err := s.reserve()
	if err != nil {
		return err
	}
	if err := s.sendRelease(l, release); err != nil {
		s.unreserve()
		return fmt.Errorf("starting service %s: %w", s.name, err)
	}
	return nil
}

func (s *service) sendRelease(l *link, release protocol.Release) error {
	var ends []*os.File
	defer func() { closeAll(ends) }()
	for range 2 {
		read, write, err := pipe(true)
		if err != nil {
			return err
		}
		ends = append(ends, write)
		s.follow(read)
	}
	return l.send(protocol.Request{Release: &release}, ends...)
}

// reserve has one caller start the service.
func (s *service) reserve() (*link, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.link == nil:
		return nil, fmt.Errorf("the agent of service %s has not connected", s.name)
	case s.released:
		return nil, fmt.Errorf("service %s has been started already", s.name)
	}
	s.released = true
	if s.state == stateWaiting {
		s.state = stateStarted
	}
	return s.link, nil
}

// unreserve lets the start be tried again: the service's agent knows nothing of it.
func (s *service) unreserve() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.released = false
	if s.state == stateStarted {
		s.state = stateWaiting
	}
}

// follow takes in one of the service's outputs.
func (s *service) follow(from *os.File) {
	s.following.Go(func() {
		defer func() { _ = from.Close() }()
		lines := lineWriter{print: func(line []byte) { s.log.print(s.name, line) }}
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
	})
}

// serviceBuffer is the largest piece of a service's output taken in at once, in
// bytes.
const serviceBuffer = 16 << 10

func (s *service) keep(piece []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.output.write(piece)
}
