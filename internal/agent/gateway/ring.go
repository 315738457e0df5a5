package gateway

// ringSize is how much of a service's output is kept, in bytes.
const ringSize = 64 << 10

// ring keeps the last bytes that were written to it. Its zero value is empty.
type ring struct {
	bytes []byte // grows to ringSize
	next  int    // where the next byte goes, once it is full
}

func (r *ring) write(piece []byte) {
	if len(piece) > ringSize {
		piece = piece[len(piece)-ringSize:]
	}
	if room := ringSize - len(r.bytes); room > 0 {
		n := min(room, len(piece))
		r.bytes = append(r.bytes, piece[:n]...)
		piece = piece[n:]
	}
	for len(piece) > 0 {
		n := copy(r.bytes[r.next:], piece)
		r.next = (r.next + n) % ringSize
		piece = piece[n:]
	}
}

// content returns what is kept, oldest first.
func (r *ring) content() []byte {
	return append(append([]byte{}, r.bytes[r.next:]...), r.bytes[:r.next]...)
}
