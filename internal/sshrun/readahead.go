package sshrun

import (
	"bufio"
	"net"
)

// readAheadSize holds several packets of output, each of at most 32 KiB. The SSH
// library reads each packet with two system calls; reading ahead takes one for
// everything that has arrived.
const readAheadSize = 256 << 10

// readAhead is a connection that reads in large pieces.
type readAhead struct {
	net.Conn
	buffer *bufio.Reader
}

func newReadAhead(conn net.Conn) net.Conn {
	return &readAhead{Conn: conn, buffer: bufio.NewReaderSize(conn, readAheadSize)}
}

// Read returns what was read ahead, then reads from the connection.
func (r *readAhead) Read(p []byte) (int, error) { return r.buffer.Read(p) }
