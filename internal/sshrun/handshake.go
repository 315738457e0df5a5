package sshrun

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"
)

// handshake exchanges keys and authenticates on one TCP connection.
type handshake struct {
	target Target

	mu       sync.Mutex // the SSH library checks the host key in another goroutine
	hostKey  ssh.PublicKey
	mismatch *HostKeyMismatchError
	offered  bool // the client was asked for its keys
}

// run returns the connection, ready for sessions; or it closes raw and returns
// the error to report.
func (h *handshake) run(ctx context.Context, raw net.Conn, limit time.Duration) (*ssh.Client, error) {
	if err := raw.SetDeadline(time.Now().Add(limit)); err != nil {
		_ = raw.Close()
		return nil, &UnreachableError{Address: h.target.Address(), Err: err}
	}
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	conn, channels, requests, err := ssh.NewClientConn(newReadAhead(raw), h.target.Address(), h.config())
	if !stop() && err == nil {
		_ = conn.Close()
		err = net.ErrClosed
	}
	if err == nil {
		err = raw.SetDeadline(time.Time{})
	}
	if err != nil {
		_ = raw.Close()
		return nil, h.explain(ctx, err)
	}
	return ssh.NewClient(conn, channels, requests), nil
}

func (h *handshake) config() *ssh.ClientConfig {
	return &ssh.ClientConfig{
		Config: ssh.Config{
			KeyExchanges: keyExchanges,
			Ciphers:      ciphers,
			MACs:         macs,
		},
		User:              h.target.User,
		Auth:              []ssh.AuthMethod{ssh.PublicKeysCallback(h.offer)},
		HostKeyCallback:   h.checkHostKey,
		HostKeyAlgorithms: hostKeyAlgorithms(h.target.HostKey),
		ClientVersion:     "SSH-2.0-fargate",
	}
}

// offer returns the client's key, once for each of its algorithms. It is called if
// the server accepts public keys.
func (h *handshake) offer() ([]ssh.Signer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.offered = true
	return signers(h.target.Key), nil
}

// checkHostKey refuses a server whose key is not the pinned one.
func (h *handshake) checkHostKey(_ string, _ net.Addr, key ssh.PublicKey) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hostKey = key
	pinned := h.target.HostKey
	if pinned == nil || bytes.Equal(pinned.Marshal(), key.Marshal()) {
		return nil
	}
	h.mismatch = &HostKeyMismatchError{
		Address:   h.target.Address(),
		Pinned:    ssh.FingerprintSHA256(pinned),
		Presented: ssh.FingerprintSHA256(key),
	}
	return h.mismatch
}

// presented returns the server's host key, nil if it has not presented one.
func (h *handshake) presented() ssh.PublicKey {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.hostKey
}

// explain turns a failed handshake into the error to report. The SSH library has
// no types for these errors, but how far the handshake got tells them apart.
func (h *handshake) explain(ctx context.Context, err error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	address := h.target.Address()
	switch {
	case h.mismatch != nil:
		return h.mismatch
	case ctx.Err() != nil || isTransportError(err):
		return connectError(ctx, address, err)
	case h.hostKey != nil:
		return &AuthenticationError{
			Address: address,
			User:    h.target.User,
			Key:     ssh.FingerprintSHA256(h.target.Key.PublicKey()),
			KeyType: h.target.Key.PublicKey().Type(),
			// Without any of the client's methods the library names none but "none".
			NoPublicKeys: !h.offered && strings.Contains(err.Error(), "attempted methods [none]"),
			HostKeyType:  h.hostKey.Type(),
			Before:       h.target.HostKey != nil,
			Err:          err,
		}
	default:
		return &NegotiationError{Address: address, Err: err}
	}
}

// isTransportError reports whether the connection broke, as opposed to the peer
// refusing something.
func isTransportError(err error) bool {
	var timeout net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE) || (errors.As(err, &timeout) && timeout.Timeout())
}
