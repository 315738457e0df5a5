package sshrun

import (
	"bufio"
	"net"
)

// readAheadSize holds several packets of output, each 32 KiB at most. The SSH
// library reads a packet with two system calls; reading ahead makes that one
// for as much as has arrived.
const readAheadSize = 256 << 10

// readAhead is a connection that is read in large pieces.
type readAhead struct {
	net.Conn
	buffer *bufio.Reader
}

func newReadAhead(conn net.Conn) net.Conn {
	return &readAhead{Conn: conn, buffer: bufio.NewReaderSize(conn, readAheadSize)}
}

// Read reads what was read ahead, then from the connection.
func (r *readAhead) Read(p []byte) (int, error) { return r.buffer.Read(p) }
