package gateway

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// printerBuffer is how much waits for the container's log at most, in bytes.
const printerBuffer = 256 << 10

// closePatience is how long the last lines may take.
const closePatience = time.Second

// printer writes lines to the container's log, for callers that must not wait for
// it: what it has no room for is dropped and counted.
type printer struct {
	to   io.Writer
	wake chan struct{}
	done chan struct{} // closed when the last line is written

	mu      sync.Mutex
	pending []byte
	dropped int
	closed  bool
}

func newPrinter(to io.Writer) *printer {
	p := &printer{to: to, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go p.run()
	return p
}

// printf adds a line of the gateway itself.
func (p *printer) printf(format string, args ...any) {
	p.print("gateway", []byte(fmt.Sprintf(format, args...)))
}

// print adds a line, prefixed with whom it is from.
func (p *printer) print(from string, line []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.pending)+len(from)+len(line)+4 > printerBuffer {
		p.dropped++
		return
	}
	p.reportDropped()
	p.pending = fmt.Appendf(p.pending, "[%s] %s\n", from, line)
	offer(p.wake, struct{}{})
}

// reportDropped adds how many lines were dropped. It is called with p.mu.
func (p *printer) reportDropped() {
	if p.dropped > 0 {
		p.pending = fmt.Appendf(p.pending, "[gateway] %d lines were dropped: the container's log does not keep up\n", p.dropped)
		p.dropped = 0
	}
}

func (p *printer) run() {
	defer close(p.done)
	for range p.wake {
		p.mu.Lock()
		pending := p.pending
		p.pending = nil
		closed := p.closed
		p.mu.Unlock()
		_, _ = p.to.Write(pending)
		if closed {
			return
		}
	}
}

// close writes what is pending, if that does not take long.
func (p *printer) close() {
	p.mu.Lock()
	p.closed = true
	p.reportDropped()
	p.mu.Unlock()
	offer(p.wake, struct{}{})
	timer := time.NewTimer(closePatience)
	defer timer.Stop()
	select {
	case <-p.done:
	case <-timer.C:
	}
}
