// Package sshdtest gives each test its own real OpenSSH server.
package sshdtest

import (
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/test/opensshd"
)

// Server is an OpenSSH server that ends with the test.
type Server struct {
	*opensshd.Server

	t testing.TB
}

// New prepares a server without starting it. extra are lines that come first in
// its configuration.
func New(t testing.TB, extra ...string) *Server {
	t.Helper()
	server, err := opensshd.New(t.TempDir(), extra...)
	if err != nil {
		t.Fatal(err)
	}
	return &Server{Server: server, t: t}
}

// Start prepares and starts a server, and waits until it answers.
func Start(t testing.TB, extra ...string) *Server {
	t.Helper()
	s := New(t, extra...)
	s.Run()
	if err := s.AwaitListening(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// Run starts a prepared server without waiting for it. It is stopped when the
// test ends.
func (s *Server) Run() {
	s.t.Helper()
	if err := s.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		s.Stop()
		if s.t.Failed() {
			s.t.Logf("sshd's log:\n%s", s.Log())
		}
	})
}

// WritePrivateKey writes a key to a file in OpenSSH's format.
func WritePrivateKey(t testing.TB, path string, private any) ssh.Signer {
	t.Helper()
	signer, err := opensshd.WriteKey(path, private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}
