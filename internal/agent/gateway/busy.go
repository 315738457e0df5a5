package gateway

import (
	"context"
	"sync"
)

// busy counts the sessions with a command, for which the gateway's end waits.
type busy struct {
	mu     sync.Mutex
	count  int
	closed bool
	idle   chan struct{} // closed when the last one has ended, once closed
}

// begin counts a session in. It returns false once no command may start.
func (b *busy) begin() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.count++
	return true
}

func (b *busy) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count--
	if b.closed && b.count == 0 {
		close(b.idle)
	}
}

// close lets no more commands start.
func (b *busy) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed, b.idle = true, make(chan struct{})
	if b.count == 0 {
		close(b.idle)
	}
}

// wait waits until all sessions with a command have ended, or ctx has. Call it after
// close.
func (b *busy) wait(ctx context.Context) {
	select {
	case <-b.idle:
	case <-ctx.Done():
	}
}
