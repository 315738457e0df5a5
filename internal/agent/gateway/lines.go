package gateway

import "bytes"

// maxLine is where longer lines are cut, in bytes.
const maxLine = 8 << 10

// lineWriter cuts text into lines.
type lineWriter struct {
	print   func(line []byte)
	partial []byte
}

func (w *lineWriter) write(piece []byte) {
	for len(piece) > 0 {
		line, rest, whole := bytes.Cut(piece, []byte("\n"))
		if room := maxLine - len(w.partial); len(line) > room {
			line, rest, whole = piece[:room], piece[room:], true
		}
		w.partial = append(w.partial, line...)
		piece = rest
		if whole {
			w.print(w.partial)
			w.partial = w.partial[:0]
		}
	}
}

// flush prints what has no end of a line.
func (w *lineWriter) flush() {
	if len(w.partial) > 0 {
		w.print(w.partial)
		w.partial = w.partial[:0]
	}
}
