package sshrun

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
)

// faultyServer is an SSH server in this process that misbehaves on demand.
type faultyServer struct {
	target      Target
	connections atomic.Int32

	// refuse says whether to refuse the key on the n-th connection, from 1.
	refuse func(n int32) bool
	// onConnect may replace the SSH protocol on the n-th connection.
	onConnect func(n int32, c net.Conn) (handled bool)
	// onExec does what a command does. The session is closed after it.
	onExec func(conn *ssh.ServerConn, command string, channel ssh.Channel)
	// onSignal is called with every signal sent to a session.
	onSignal func(name string, channel ssh.Channel)
	// onRequest is called after every global request that was answered.
	onRequest func()
	// ignoreRequests leaves global requests, including keepalives, unanswered.
	ignoreRequests bool
}

// start serves until the test ends.
func (f *faultyServer) start(t testing.TB) Target {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatalf("listening on %s, which is not a TCP address", listener.Addr())
	}
	_, hostKey := f.prepare(t)
	f.target.Host, f.target.Port = "127.0.0.1", address.Port
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go f.serve(c, f.connections.Add(1), hostKey)
		}
	}()
	return f.target
}

// prepare makes the server's and its client's key.
func (f *faultyServer) prepare(t testing.TB) (Target, ssh.Signer) {
	t.Helper()
	hostKey := newKey(t)
	f.target = Target{User: "ci", Key: newKey(t), HostKey: hostKey.PublicKey()}
	return f.target, hostKey
}

func (f *faultyServer) serve(c net.Conn, n int32, hostKey ssh.Signer) {
	if f.onConnect != nil && f.onConnect(n, c) {
		// Until the client closes: the garbage collector closes a connection
		// without references.
		_, _ = io.Copy(io.Discard, c)
		return
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if f.refuse != nil && f.refuse(n) {
			return nil, errors.New("refused by the test")
		}
		if !bytes.Equal(key.Marshal(), f.target.Key.PublicKey().Marshal()) {
			return nil, errors.New("unknown key")
		}
		return &ssh.Permissions{}, nil
	}}
	config.KeyExchanges = keyExchanges
	config.AddHostKey(hostKey)
	conn, channels, requests, err := ssh.NewServerConn(c, config)
	if err != nil {
		_ = c.Close()
		return
	}
	go f.answer(requests)
	for request := range channels {
		channel, requests, err := request.Accept()
		if err != nil {
			return
		}
		go f.session(conn, channel, requests)
	}
}

// answer answers global requests, such as a client's keepalives, like a server
// that supports none of them.
func (f *faultyServer) answer(requests <-chan *ssh.Request) {
	for request := range requests {
		if f.ignoreRequests {
			continue
		}
		_ = request.Reply(false, nil)
		if f.onRequest != nil {
			f.onRequest()
		}
	}
}

func (f *faultyServer) session(conn *ssh.ServerConn, channel ssh.Channel, requests <-chan *ssh.Request) {
	for request := range requests {
		if request.Type == "signal" && f.onSignal != nil {
			var signal struct{ Name string }
			_ = ssh.Unmarshal(request.Payload, &signal)
			f.onSignal(signal.Name, channel)
			continue
		}
		if request.Type != "exec" || f.onExec == nil {
			_ = request.Reply(false, nil)
			continue
		}
		_ = request.Reply(true, nil)
		var exec struct{ Command string }
		_ = ssh.Unmarshal(request.Payload, &exec)
		go func() {
			f.onExec(conn, exec.Command, channel)
			_ = channel.Close()
		}()
	}
}

// reportStatus reports an exit status, as a server does before it closes.
func reportStatus(channel ssh.Channel, code uint32) {
	_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{code}))
}

func newKey(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}
