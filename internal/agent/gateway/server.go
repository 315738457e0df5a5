package gateway

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/sshpolicy"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

const (
	// loginTimeout is how long a client may take to log in.
	loginTimeout = 10 * time.Second
	// maxLogins is how many keys a client may offer. OpenSSH's client offers those
	// of its agent first.
	maxLogins = 6
	// maxClients is how many connections may be logged in.
	maxClients = 64
	// maxSessions is how many sessions there may be.
	maxSessions = 32
	// maxLoggedRefusals bounds the log: everybody can try to log in.
	maxLoggedRefusals = 20
)

// server is the SSH server.
type server struct {
	gateway *gateway
	hostKey ssh.Signer
	config  *ssh.ServerConfig
	lobby   lobby
	busy    busy

	mu       sync.Mutex
	clients  map[*ssh.ServerConn]struct{}
	sessions int
	stopping bool
	refusals int
}

func newServer(g *gateway) (*server, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a host key: %w", err)
	}
	s := &server{gateway: g, clients: map[*ssh.ServerConn]struct{}{}}
	if s.hostKey, err = ssh.NewSignerFromSigner(private); err != nil {
		return nil, fmt.Errorf("using the new host key: %w", err)
	}
	s.config = &ssh.ServerConfig{
		Config: ssh.Config{
			KeyExchanges: sshpolicy.KeyExchanges(),
			Ciphers:      sshpolicy.Ciphers(),
			MACs:         sshpolicy.MACs(),
		},
		PublicKeyAuthAlgorithms: []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256},
		PublicKeyCallback:       s.checkKey,
		MaxAuthTries:            maxLogins,
		ServerVersion:           protocol.ServerVersion(),
	}
	s.config.AddHostKey(s.hostKey)
	return s, nil
}

// checkKey lets in the one key, under any name: which names there are, the session
// says.
func (s *server) checkKey(client ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	if bytes.Equal(key.Marshal(), s.gateway.config.Key.Marshal()) {
		return &ssh.Permissions{}, nil
	}
	s.mu.Lock()
	s.refusals++
	refusals := s.refusals
	s.mu.Unlock()
	if refusals <= maxLoggedRefusals {
		s.gateway.log.printf("refused key %s of %s: SSH_PUBLIC_KEY is %s", ssh.FingerprintSHA256(key), client.RemoteAddr(), ssh.FingerprintSHA256(s.gateway.config.Key))
	}
	return nil, errors.New("this is not the job's key")
}

// serve accepts connections until the listener is closed.
func (s *server) serve(listener net.Listener) {
	for {
		conn, err := accept(listener.Accept, func(err error) { s.gateway.log.printf("accepting an SSH connection: %v: trying again", err) })
		if err != nil {
			return
		}
		v := s.lobby.enter(conn)
		go s.attend(v)
	}
}

// attend serves one connection until it ends.
func (s *server) attend(v *visitor) {
	defer func() { _ = v.Close() }()
	client, channels, requests, err := s.login(v)
	if err != nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if !s.enter(client) {
		s.gateway.log.printf("%s is let go again: the gateway is stopping, or has %d clients, which is the limit", client.RemoteAddr(), maxClients)
		_ = client.Close()
		return
	}
	defer s.leave(client)
	s.gateway.log.printf("%s has logged in as %q", client.RemoteAddr(), text.Abridge(client.User(), maxShown))
	go ssh.DiscardRequests(requests) // forwarding is refused, keepalives are answered
	for channel := range channels {
		s.open(ctx, client.User(), channel)
	}
}

func (s *server) login(v *visitor) (*ssh.ServerConn, <-chan ssh.NewChannel, <-chan *ssh.Request, error) {
	defer s.lobby.leave(v)
	if err := v.SetDeadline(time.Now().Add(loginTimeout)); err != nil {
		return nil, nil, nil, err
	}
	client, channels, requests, err := ssh.NewServerConn(v, s.config)
	if err != nil {
		return nil, nil, nil, err
	}
	return client, channels, requests, v.SetDeadline(time.Time{})
}

func (s *server) enter(client *ssh.ServerConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping || len(s.clients) >= maxClients {
		return false
	}
	s.clients[client] = struct{}{}
	return true
}

func (s *server) leave(client *ssh.ServerConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, client)
}

// open opens a session without making other channels of the connection wait.
func (s *server) open(ctx context.Context, user string, channel ssh.NewChannel) {
	if channel.ChannelType() != "session" {
		_ = channel.Reject(ssh.Prohibited, "this server has sessions only, and forwards nothing")
		return
	}
	if !s.begin() {
		_ = channel.Reject(ssh.ResourceShortage, fmt.Sprintf("the gateway is stopping, or has %d sessions, which is the limit", maxSessions))
		return
	}
	go func() {
		defer s.finish()
		serve, err := s.gateway.resolve(ctx, user)
		if err != nil {
			_ = channel.Reject(ssh.ConnectionFailed, err.Error())
			return
		}
		accepted, requests, err := channel.Accept()
		if err != nil {
			return
		}
		serve(accepted, requests)
	}()
}

func (s *server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping || s.sessions >= maxSessions {
		return false
	}
	s.sessions++
	return true
}

func (s *server) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions--
}

// stop lets in no more clients, sessions and commands.
func (s *server) stop() {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	s.busy.close()
	s.lobby.clear()
}

// drain waits until all sessions with a command have ended, or ctx has, and closes
// what is left.
func (s *server) drain(ctx context.Context) {
	s.busy.wait(ctx)
	s.closeClients()
}

func (s *server) closeClients() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for client := range s.clients {
		_ = client.Close()
	}
}
