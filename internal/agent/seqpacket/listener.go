package seqpacket

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
)

// Listener accepts connections on a socket.
type Listener struct {
	listener   *net.UnixListener
	maxMessage int
}

// Listen makes a socket to which every user may connect who gets into its
// directory, in place of one that an earlier process has left. Its connections
// receive messages of up to maxMessage bytes.
func Listen(path string, maxMessage int) (*Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("removing an earlier socket: %w", err)
	}
	listener, err := net.ListenUnix(network, &net.UnixAddr{Name: path, Net: network})
	if err != nil {
		return nil, err
	}
	// Connecting needs the right to write. Nothing else can be done with a socket.
	if err := os.Chmod(path, 0o666); err != nil { //nolint:gosec // see above
		_ = listener.Close()
		return nil, fmt.Errorf("letting all users connect: %w", err)
	}
	return &Listener{listener: listener, maxMessage: maxMessage}, nil
}

// Accept waits for a connection.
func (l *Listener) Accept() (*Conn, error) {
	socket, err := l.listener.AcceptUnix()
	if err != nil {
		return nil, err
	}
	return newConn(socket, l.maxMessage), nil
}

// Close removes the socket and ends a waiting Accept.
func (l *Listener) Close() error { return l.listener.Close() }
