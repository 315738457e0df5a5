package main

import (
	"errors"
	"io"
	"sync"
	"time"
)

// lastWords is how long a reader that does not read may block what is written
// after the process was told to end.
const lastWords = time.Second

// errUnread says that a write was given up.
var errUnread = errors.New("gitlab-runner does not read the job log")

// jobLog is one of the process' outputs, which gitlab-runner reads. A runner that
// does not read holds up the process, but not its end.
type jobLog struct {
	to   io.Writer
	told <-chan struct{} // closed when the process is told to end

	mu     sync.Mutex
	piece  []byte // what is being written, also after Write has given up
	unread bool   // a write was given up, and piece is still in use
}

// Write writes p, or gives up as described above.
func (l *jobLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unread {
		return 0, errUnread
	}
	l.piece = append(l.piece[:0], p...)
	type result struct {
		n   int
		err error
	}
	written := make(chan result, 1)
	go func() {
		n, err := l.to.Write(l.piece)
		written <- result{n, err}
	}()
	select {
	case r := <-written:
		return r.n, r.err
	case <-l.told:
	}
	select {
	case r := <-written:
		return r.n, r.err
	case <-time.After(lastWords):
		l.unread = true
		return 0, errUnread
	}
}
