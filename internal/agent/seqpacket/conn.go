// Package seqpacket exchanges messages and file descriptors with another process,
// over a Unix socket that keeps messages apart.
package seqpacket

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// network is Go's name for Unix sockets of the type SOCK_SEQPACKET.
const network = "unixpacket"

// A packet begins with a byte that says where the message is.
const (
	inPacket = 'p'
	// inFile is for messages that are larger than a packet: they come in a file in
	// memory, the first one that the packet carries.
	inFile = 'f'
)

const (
	// maxPacket is the size of a packet in bytes. Packets are far below what a
	// socket's buffer takes (net.core.wmem_default, 208 KiB).
	maxPacket = 16<<10 + 1
	// maxFiles is how many file descriptors come with a packet.
	maxFiles = 4
)

// sendTimeout is how long a peer may take to receive, before it counts as lost.
const sendTimeout = 10 * time.Second

// Conn is a connection. Its methods may be called concurrently, but for Receive.
type Conn struct {
	socket *net.UnixConn
	// maxMessage is the largest message to receive, in bytes.
	maxMessage int

	sending sync.Mutex

	packet  []byte
	control []byte
}

func newConn(socket *net.UnixConn, maxMessage int) *Conn {
	return &Conn{
		socket: socket, maxMessage: maxMessage,
		packet: make([]byte, maxPacket), control: make([]byte, unix.CmsgSpace(4*maxFiles)),
	}
}

// Dial connects to a socket. Messages of more than maxMessage bytes are not
// received; those that a packet has no room for are read from a file of the
// peer's, which therefore has to be trusted.
func Dial(path string, maxMessage int) (*Conn, error) {
	socket, err := net.DialUnix(network, nil, &net.UnixAddr{Name: path, Net: network})
	if err != nil {
		return nil, err
	}
	return newConn(socket, maxMessage), nil
}

// Pair returns the two ends of a connection within this process.
func Pair(maxMessage, otherMaxMessage int) (end, other *Conn, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("making a pair of sockets: %w", err)
	}
	var ends [2]*Conn
	for i, limit := range []int{maxMessage, otherMaxMessage} {
		file := os.NewFile(uintptr(fds[i]), "socket")
		generic, fileErr := net.FileConn(file)
		_ = file.Close()
		if socket, ok := generic.(*net.UnixConn); ok {
			ends[i] = newConn(socket, limit)
		}
		err = errors.Join(err, fileErr)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("using a pair of sockets: %w", err)
	}
	return ends[0], ends[1], nil
}

// Close closes the connection, which also ends calls that wait.
func (c *Conn) Close() error { return c.socket.Close() }

// Peer returns whom the other process runs as, and its id, by the kernel's word.
func (c *Conn) Peer() (*unix.Ucred, error) {
	raw, err := c.socket.SyscallConn()
	if err != nil {
		return nil, err
	}
	var peer *unix.Ucred
	var peerErr error
	err = raw.Control(func(fd uintptr) {
		peer, peerErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	return peer, errors.Join(err, peerErr)
}

// SetReceiveDeadline bounds calls of Receive. The zero time means no bound.
func (c *Conn) SetReceiveDeadline(at time.Time) error { return c.socket.SetReadDeadline(at) }

// Send sends a message, and copies of the descriptors of files. The files stay
// open. If the peer does not receive for ten seconds, it fails and closes the
// connection. After other errors the connection is still of use: nothing was sent,
// and if the peer is gone, Receive says so once it has returned what came before.
func (c *Conn) Send(message []byte, files ...*os.File) error {
	packet := append([]byte{inPacket}, message...)
	if len(packet) > maxPacket {
		file, err := inMemory(message)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		packet, files = []byte{inFile}, append([]*os.File{file}, files...)
	}
	var control []byte
	if len(files) > 0 {
		fds := make([]int, len(files))
		for i, file := range files {
			fds[i] = fd(file)
		}
		control = unix.UnixRights(fds...)
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	if err := c.socket.SetWriteDeadline(time.Now().Add(sendTimeout)); err != nil {
		return err
	}
	_, _, err := c.socket.WriteMsgUnix(packet, control, nil)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		_ = c.socket.Close()
	}
	return err
}

// fd returns a file's descriptor without a change of its mode, as File.Fd may make.
func fd(file *os.File) (fd int) {
	fd = -1 // what a closed file has
	if raw, err := file.SyscallConn(); err == nil {
		_ = raw.Control(func(number uintptr) { fd = int(number) })
	}
	return fd
}

// inMemory returns a file that has the message and no name.
func inMemory(message []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate("message", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making a file in memory: %w", err)
	}
	file := os.NewFile(uintptr(fd), "message")
	if _, err := file.Write(message); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("writing to a file in memory: %w", err)
	}
	return file, nil
}

// Receive returns the next message, which is valid until the next call if it came
// in a packet, and the files that came with it, which the caller closes. It
// returns io.EOF when the peer has closed the connection. After any other error
// the connection is of no more use.
func (c *Conn) Receive() (message []byte, files []*os.File, err error) {
	n, controlled, flags, err := c.read()
	files, filesErr := received(c.control[:controlled]) // also with an empty packet, which counts as the end
	if err == nil {
		err = filesErr
	}
	if err == nil && flags&(unix.MSG_TRUNC|unix.MSG_CTRUNC) != 0 {
		err = errors.New("the packet, or what came with it, is too large")
	}
	if err == nil {
		message, files, err = c.open(c.packet[:n], files)
	}
	if err != nil {
		closeAll(files)
		return nil, nil, err
	}
	return message, files, nil
}

// read reads a packet. A peer that has closed the connection without having read
// everything resets it, which is reported once, before what the peer has sent.
func (c *Conn) read() (n, controlled, flags int, err error) {
	n, controlled, flags, _, err = c.socket.ReadMsgUnix(c.packet, c.control)
	if errors.Is(err, unix.ECONNRESET) {
		n, controlled, flags, _, err = c.socket.ReadMsgUnix(c.packet, c.control)
	}
	return n, controlled, flags, err
}

// open finds the message of a packet.
func (c *Conn) open(packet []byte, files []*os.File) ([]byte, []*os.File, error) {
	switch {
	case packet[0] == inPacket && len(packet)-1 <= c.maxMessage:
		return packet[1:], files, nil
	case packet[0] == inFile && len(files) > 0 && c.maxMessage > maxPacket:
		message, err := readWhole(files[0], c.maxMessage)
		if err != nil {
			return nil, files, err
		}
		_ = files[0].Close()
		return message, files[1:], nil
	default:
		return nil, files, errors.New("the packet is too large, or not one of this protocol")
	}
}

// readWhole reads a file from its start.
func readWhole(file *os.File, limit int) ([]byte, error) {
	message, err := io.ReadAll(io.NewSectionReader(file, 0, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("reading a message from a file: %w", err)
	}
	if len(message) > limit {
		return nil, fmt.Errorf("the message has more than %d bytes", limit)
	}
	return message, nil
}

// received takes the files out of a packet's control message.
func received(control []byte) (files []*os.File, err error) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return nil, fmt.Errorf("reading what came with a packet: %w", err)
	}
	for i := range messages {
		fds, err := unix.ParseUnixRights(&messages[i])
		if err != nil {
			continue // It is something else than files.
		}
		for _, fd := range fds {
			files = append(files, os.NewFile(uintptr(fd), "received"))
		}
	}
	return files, nil
}

func closeAll(files []*os.File) {
	for _, file := range files {
		_ = file.Close()
	}
}
