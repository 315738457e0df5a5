package gateway

import (
	"net"
	"slices"
	"sync"
	"sync/atomic"
)

// maxVisitors is how many connections may not have logged in yet.
const maxVisitors = 32

// lobby has the connections that have not logged in, oldest first. A new one takes
// the place of an old one, so that idle connections keep nobody out: of the oldest
// that has sent nothing, or else of the oldest.
type lobby struct {
	mu       sync.Mutex
	visitors []*visitor
}

// visitor is a connection that has not logged in.
type visitor struct {
	net.Conn
	spoke atomic.Bool
}

func (v *visitor) Read(buffer []byte) (int, error) {
	n, err := v.Conn.Read(buffer)
	if n > 0 {
		v.spoke.Store(true)
	}
	return n, err
}

func (l *lobby) enter(conn net.Conn) *visitor {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.visitors) == maxVisitors {
		at := max(0, slices.IndexFunc(l.visitors, func(v *visitor) bool { return !v.spoke.Load() }))
		_ = l.visitors[at].Close()
		l.visitors = slices.Delete(l.visitors, at, at+1)
	}
	v := &visitor{Conn: conn}
	l.visitors = append(l.visitors, v)
	return v
}

func (l *lobby) leave(v *visitor) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := slices.Index(l.visitors, v); at >= 0 {
		l.visitors = slices.Delete(l.visitors, at, at+1)
	}
}

func (l *lobby) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range l.visitors {
		_ = v.Close()
	}
}
