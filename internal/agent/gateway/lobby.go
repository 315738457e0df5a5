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
// the place of an old one, so that idle connections keep nobody out. It is one of the
// address that has the most: its oldest that has sent nothing, or else its oldest.
type lobby struct {
	mu       sync.Mutex
	visitors []*visitor
}

// visitor is a connection that has not logged in.
type visitor struct {
	net.Conn
	from  string // the client's address without its port
	spoke atomic.Bool
}

func newVisitor(conn net.Conn) *visitor {
	from := conn.RemoteAddr().String()
	if host, _, err := net.SplitHostPort(from); err == nil {
		from = host
	}
	return &visitor{Conn: conn, from: from}
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
		at := l.displaced()
		_ = l.visitors[at].Close()
		l.visitors = slices.Delete(l.visitors, at, at+1)
	}
	v := newVisitor(conn)
	l.visitors = append(l.visitors, v)
	return v
}

// displaced is the index of the visitor that goes. It is called with l.mu.
func (l *lobby) displaced() int {
	count := map[string]int{}
	crowd := ""
	for _, v := range l.visitors {
		count[v.from]++
		if count[v.from] > count[crowd] {
			crowd = v.from
		}
	}
	silent := slices.IndexFunc(l.visitors, func(v *visitor) bool { return v.from == crowd && !v.spoke.Load() })
	if silent >= 0 {
		return silent
	}
	return slices.IndexFunc(l.visitors, func(v *visitor) bool { return v.from == crowd })
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
