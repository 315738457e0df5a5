package hostilessh

import (
	"io"
	"reflect"
	"strings"
	"sync/atomic"
	"unsafe"

	"golang.org/x/crypto/ssh"
)

// rekeyAfter is how many bytes go over a connection before its keys are changed,
// where a mode does so: more than it takes to log in, less than one piece of
// output.
const rekeyAfter = 16 << 10

// piece is one piece of output.
var piece = strings.Repeat("output ", rekeyAfter/4)

// connection is one connection to a Server.
type connection struct {
	server   *Server
	raw      *stallable
	signed   atomic.Int32
	channels int
}

func (c *connection) config() *ssh.ServerConfig {
	config := &ssh.ServerConfig{PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
		if c.server.Mode == AuthWithheld {
			<-c.server.closing
		}
		return &ssh.Permissions{}, nil
	}}
	switch c.server.Mode {
	case AuthBannersEndless:
		config.PreAuthConnCallback = func(conn ssh.ServerPreAuthConn) {
			untilError(func() error { return conn.SendAuthBanner("Welcome\r\n") })
		}
	case RekeyWithheld:
		config.RekeyThreshold = rekeyAfter
	case RekeyEndless:
		config.RekeyThreshold = 1 // the library takes its minimum
	}
	config.AddHostKey(signer{c.server.hostKey, c.sign})
	return config
}

// signer is a host key that can be held back.
type signer struct {
	ssh.Signer

	before func()
}

func (s signer) Sign(random io.Reader, data []byte) (*ssh.Signature, error) {
	s.before()
	return s.Signer.Sign(random, data)
}

// sign is called before each key exchange ends.
func (c *connection) sign() {
	n := c.signed.Add(1)
	if c.server.Mode == KeyExchangeWithheld || c.server.Mode == RekeyWithheld && n > 1 {
		<-c.server.closing
	}
}

func (c *connection) answer(requests <-chan *ssh.Request) {
	for request := range requests {
		if c.server.Mode != KeepAliveWithheld {
			_ = request.Reply(false, nil)
		}
	}
}

func (c *connection) open(asked ssh.NewChannel) {
	c.channels++
	switch mode := c.server.Mode; {
	case mode == ConnectionDropped:
		_ = c.raw.Close()
		return
	case mode == ChannelWithheld:
		return
	case mode == ChannelRefused:
		_ = asked.Reject(ssh.ResourceShortage, "no more sessions")
		return
	case mode == WindowWithheld, mode == SecondWindowWithheld && c.channels > 1:
		grantNoWindow(asked)
	}
	channel, requests, err := asked.Accept()
	if err != nil {
		return
	}
	go c.session(channel, requests)
}

// grantNoWindow makes the library accept a channel without a window, which it
// has no way to ask for.
func grantNoWindow(channel ssh.NewChannel) {
	window := reflect.ValueOf(channel).Elem().FieldByName("myWindow")
	*(*uint32)(unsafe.Pointer(window.UnsafeAddr())) = 0 //nolint:gosec // there is no other way
}

// untilError repeats what the client may have enough of.
func untilError(do func() error) {
	for {
		if err := do(); err != nil {
			return
		}
	}
}
