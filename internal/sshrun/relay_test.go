package sshrun

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// relay passes connections on, as a NAT gateway does. A dead flow stays open at
// both ends, and nothing that is sent into it arrives.
type relay struct {
	// idle is the silence after which a flow dies; zero means never.
	idle time.Duration

	mu   sync.Mutex
	last time.Time
	dead bool
}

// cut makes the flow dead.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.dead = true
}

// join passes on what comes from either side, until one side is closed.
func (r *relay) join(a, b net.Conn) {
	r.last = time.Now()
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		go func() {
			_, _ = io.Copy(writerFunc(func(p []byte) {
				if r.lives() {
					_, _ = way[1].Write(p)
				}
			}), way[0])
			_, _ = a.Close(), b.Close()
		}()
	}
}

// lives reports whether what arrives now gets through.
func (r *relay) lives() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.idle > 0 && time.Since(r.last) > r.idle {
		r.dead = true
	}
	r.last = time.Now()
	return !r.dead
}

// between returns the target through which the relay leads to an SSH server.
func (r *relay) between(t *testing.T, server *sshdtest.Server) Target {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		near, err := listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", server.Address())
		if err != nil {
			_ = near.Close()
			return
		}
		r.join(near, far)
	}()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("listening on %s, which is not a TCP address", listener.Addr())
	}
	target := sshdTarget(server)
	target.Port = address.Port
	return target
}
