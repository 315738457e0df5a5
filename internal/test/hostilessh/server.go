package hostilessh

import (
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// Server is a hostile SSH server, which accepts every key.
type Server struct {
	Mode Mode
	// HostKey is what it presents.
	HostKey ssh.PublicKey
	// Host and Port are where it listens, if it was started.
	Host string
	Port int
	// Connections counts those that it has accepted.
	Connections atomic.Int32

	hostKey ssh.Signer
	closing chan struct{} // closed at the test's end
}

// New returns a server that does not listen. What it holds back it releases at
// the test's end.
func New(t testing.TB, mode Mode) *Server {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Mode: mode, HostKey: key.PublicKey(), hostKey: key, closing: make(chan struct{})}
	t.Cleanup(func() { close(s.closing) })
	return s
}

// Start returns a server that listens on the loopback address until the test
// ends.
func Start(t testing.TB, mode Mode) *Server {
	t.Helper()
	s := New(t, mode)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("listening on %s, which is not a TCP address", listener.Addr())
	}
	s.Host, s.Port = address.IP.String(), address.Port
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.Serve(conn)
		}
	}()
	return s
}

// Serve serves one connection.
func (s *Server) Serve(raw net.Conn) {
	defer func() { _ = raw.Close() }()
	s.Connections.Add(1)
	if s.beforeVersion(raw) {
		return
	}
	c := &connection{server: s, raw: &stallable{Conn: raw, closing: s.closing}}
	conn, channels, requests, err := ssh.NewServerConn(c.raw, c.config())
	if err != nil {
		return
	}
	go c.answer(requests)
	if s.Mode == RequestsEndless {
		go untilError(func() error {
			_, _, err := conn.SendRequest("keepalive@openssh.com", true, nil)
			return err
		})
	}
	for channel := range channels {
		c.open(channel)
	}
}

// beforeVersion is what modes do that come before SSH. It reports whether there
// is to be none.
func (s *Server) beforeVersion(raw net.Conn) bool {
	write := func(text string, pause time.Duration) {
		for {
			if _, err := io.WriteString(raw, text); err != nil {
				return
			}
			select {
			case <-time.After(pause):
			case <-s.closing:
				return
			}
		}
	}
	switch s.Mode {
	case VersionWithheld:
		_, _ = io.Copy(io.Discard, raw)
	case VersionSlow:
		write("S", 10*time.Millisecond)
	case VersionEndless:
		write("SSH-2.0-"+strings.Repeat("x", 64<<10), 0)
	case BannerEndless:
		write("Welcome\r\n", time.Microsecond)
	default:
		return false
	}
	return true
}

// stallable is a connection that can be made to neither read nor write.
type stallable struct {
	net.Conn

	noReads, noWrites atomic.Bool
	closing           <-chan struct{}
}

func (c *stallable) Read(p []byte) (int, error) {
	if c.noReads.Load() {
		<-c.closing
	}
	return c.Conn.Read(p)
}

func (c *stallable) Write(p []byte) (int, error) {
	if c.noWrites.Load() {
		<-c.closing
	}
	return c.Conn.Write(p)
}
