// Package opensshd runs a real OpenSSH server on the loopback address, for
// tests and benchmarks.
package opensshd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
	"k8s.io/apimachinery/pkg/util/wait"
)

const host = "127.0.0.1"

// startTimeout bounds the start of the server, pollInterval is how often it is
// tried whether it answers.
const (
	startTimeout = 10 * time.Second
	pollInterval = time.Millisecond
)

// Server is an OpenSSH server with an own port, host key and one authorized
// key. It logs in the user who runs it. Its sessions have an own home, so that
// the user's shell start-up files do not count.
type Server struct {
	Host string
	Port int
	User string
	// Key is the client's private key, KeyFile its file in OpenSSH's format.
	Key     ssh.Signer
	KeyFile string
	// AuthorizedKeys is the file in which the server looks for the public key.
	AuthorizedKeys string
	// HostKey is the server's public key, KnownHosts a file with it for
	// OpenSSH's client.
	HostKey    ssh.PublicKey
	KnownHosts string

	program string
	config  string
	log     syncBuffer
	process *exec.Cmd
}

// New prepares a server whose files are in dir, without starting it. extra are
// lines for its configuration; sshd takes the first value of a key that it
// finds, and these come first. It fails where OpenSSH's server is not
// installed.
func New(dir string, extra ...string) (*Server, error) {
	program, err := findProgram()
	if err != nil {
		return nil, err
	}
	login, err := user.Current()
	if err != nil {
		return nil, fmt.Errorf("finding the current user: %w", err)
	}
	port, err := freePort()
	if err != nil {
		return nil, fmt.Errorf("finding a free port: %w", err)
	}
	s := &Server{
		Host:           host,
		Port:           port,
		User:           login.Username,
		KeyFile:        filepath.Join(dir, "client_key"),
		AuthorizedKeys: filepath.Join(dir, "authorized_keys"),
		KnownHosts:     filepath.Join(dir, "known_hosts"),
		program:        program,
		config:         filepath.Join(dir, "sshd_config"),
	}
	if err := s.writeFiles(filepath.Join(dir, "host_key"), extra); err != nil {
		return nil, fmt.Errorf("preparing sshd: %w", err)
	}
	return s, nil
}

func (s *Server) writeFiles(hostKeyFile string, extra []string) error {
	hostKey, err := NewKey(hostKeyFile)
	if err != nil {
		return err
	}
	if s.Key, err = NewKey(s.KeyFile); err != nil {
		return err
	}
	s.HostKey = hostKey.PublicKey()
	return errors.Join(
		os.WriteFile(s.AuthorizedKeys, ssh.MarshalAuthorizedKey(s.Key.PublicKey()), 0o600),
		os.WriteFile(s.KnownHosts, []byte(knownhosts.Line([]string{s.Address()}, s.HostKey)+"\n"), 0o600),
		os.WriteFile(s.config, s.configText(hostKeyFile, extra), 0o600),
	)
}

func (s *Server) configText(hostKeyFile string, extra []string) []byte {
	var text bytes.Buffer
	for _, line := range extra {
		fmt.Fprintln(&text, line)
	}
	fmt.Fprintf(&text, "ListenAddress %s\nPort %d\nHostKey %s\nAuthorizedKeysFile %s\nSetEnv HOME=%s\n",
		s.Host, s.Port, hostKeyFile, s.AuthorizedKeys, filepath.Dir(s.config))
	text.WriteString("PidFile none\nStrictModes no\nUsePAM no\nUseDNS no\nPasswordAuthentication no\n" +
		"KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nMaxStartups 500\nMaxSessions 20\n")
	return text.Bytes()
}

// Start starts a prepared server without waiting for it.
func (s *Server) Start() error {
	s.process = exec.Command(s.program, "-D", "-e", "-f", s.config)
	s.process.Stderr = &s.log
	if err := s.process.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", s.program, err)
	}
	return nil
}

// AwaitListening returns when the server answers.
func (s *Server) AwaitListening(ctx context.Context) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, pollInterval, startTimeout, true, func(context.Context) (bool, error) {
		var connection net.Conn
		if connection, last = net.Dial("tcp", s.Address()); last != nil {
			return false, nil
		}
		return true, connection.Close()
	})
	if err != nil {
		return fmt.Errorf("sshd does not answer at %s: %w: %w\n%s", s.Address(), err, last, s.Log())
	}
	return nil
}

// Stop ends the server.
func (s *Server) Stop() {
	_ = s.process.Process.Kill()
	_ = s.process.Wait()
}

// Log is what the server has logged so far.
func (s *Server) Log() string { return s.log.String() }

// Address returns host:port.
func (s *Server) Address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// findProgram returns sshd's absolute path, without which it does not start,
// and makes the folder that it wants to exist when root runs it.
func findProgram() (string, error) {
	if os.Geteuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil { //nolint:gosec // the mode that Debian gives it
			return "", fmt.Errorf("making sshd's folder: %w", err)
		}
	}
	for _, name := range []string{"sshd", "/usr/sbin/sshd", "/usr/local/sbin/sshd"} {
		if path, err := exec.LookPath(name); err == nil && filepath.IsAbs(path) {
			return path, nil
		}
	}
	return "", errors.New("OpenSSH's server is not installed (Debian: apt-get install openssh-server)")
}

// freePort returns a port that was free a moment ago.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return 0, err
	}
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.Join(fmt.Errorf("%s is no TCP address", listener.Addr()), listener.Close())
	}
	return address.Port, listener.Close()
}

// syncBuffer collects sshd's log while others read it.
type syncBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
