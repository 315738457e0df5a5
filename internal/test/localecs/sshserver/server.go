package sshserver

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// Server is a listening SSH server.
type Server struct {
	ssh       *ssh.Server
	listeners []net.Listener
	hostKey   gossh.PublicKey

	mu       sync.Mutex
	closing  bool
	sessions sync.WaitGroup
}

// Listen waits for the configuration's delay, or for ctx to end, and opens the
// listeners. The host key is new with every call.
func Listen(ctx context.Context, config Config) (*Server, error) {
	select {
	case <-time.After(config.StartDelay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	hostKey, err := newHostKey()
	if err != nil {
		return nil, err
	}
	s := &Server{hostKey: hostKey.PublicKey()}
	s.ssh = &ssh.Server{
		HostSigners: []ssh.Signer{hostKey},
		Handler:     s.handle,
		PtyCallback: func(ssh.Context, ssh.Pty) bool { return false },
		PublicKeyHandler: func(_ ssh.Context, key ssh.PublicKey) bool {
			return ssh.KeysEqual(key, config.PublicKey)
		},
	}
	for _, address := range config.Addresses {
		listener, err := net.Listen("tcp", net.JoinHostPort(address, strconv.Itoa(config.Port)))
		if err != nil {
			s.closeListeners()
			return nil, fmt.Errorf("listening for SSH: %w", err)
		}
		s.listeners = append(s.listeners, listener)
	}
	return s, nil
}

// newHostKey makes an Ed25519 key that lives as long as the server.
func newHostKey() (gossh.Signer, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a host key: %w", err)
	}
	signer, err := gossh.NewSignerFromSigner(private)
	if err != nil {
		return nil, fmt.Errorf("using the new host key: %w", err)
	}
	return signer, nil
}

// Addresses returns where the server listens, as host:port, in the order of the
// configuration.
func (s *Server) Addresses() []string {
	addresses := make([]string, len(s.listeners))
	for i, listener := range s.listeners {
		addresses[i] = listener.Addr().String()
	}
	return addresses
}

// HostKey returns the public half of the server's key.
func (s *Server) HostKey() gossh.PublicKey { return s.hostKey }

// Serve answers connections until ctx ends, then closes them all and returns
// once every session's process group is gone. It returns nil when it ended
// because of ctx. A server serves once.
func (s *Server) Serve(ctx context.Context) error {
	failed := make(chan error, len(s.listeners))
	for _, listener := range s.listeners {
		go func() { failed <- s.ssh.Serve(listener) }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.closeListeners()
	s.ssh.Close()
	s.end()
	if err != nil && !errors.Is(err, ssh.ErrServerClosed) {
		return fmt.Errorf("serving SSH: %w", err)
	}
	return nil
}

// begin counts a session in, unless the server is closing.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closing {
		s.sessions.Add(1)
	}
	return !s.closing
}

// end refuses new sessions and waits for the ones under way.
func (s *Server) end() {
	s.mu.Lock()
	s.closing = true
	s.mu.Unlock()
	s.sessions.Wait()
}

func (s *Server) closeListeners() {
	for _, listener := range s.listeners {
		listener.Close()
	}
}
