package text

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// LogWriter returns a writer for a structured log, of which each write has whole
// entries. Characters that are not printed, of which the log's encoder has left
// some, become escapes as JSON has them.
func LogWriter(w io.Writer) io.Writer { return &logWriter{w} }

type logWriter struct{ w io.Writer }

func (l *logWriter) Write(entries []byte) (int, error) {
	var safe bytes.Buffer
	for rest := entries; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		rest = rest[size:]
		switch {
		case r == '\n' || r == '\t' || printable(r) == r:
			safe.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&safe, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&safe, `\u%04x`, r)
		}
	}
	if _, err := l.w.Write(safe.Bytes()); err != nil {
		return 0, err
	}
	return len(entries), nil
}
