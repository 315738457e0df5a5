package text

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// The byte-order marks with which editors, mostly of Windows, begin a file.
var (
	utf8Mark  = []byte{0xEF, 0xBB, 0xBF}
	utf16Mark = map[binary.ByteOrder][]byte{binary.LittleEndian: {0xFF, 0xFE}, binary.BigEndian: {0xFE, 0xFF}}
)

// WithoutMark returns the content of a file as UTF-8 without a byte-order mark.
// A file without a mark is UTF-8 already.
func WithoutMark(content []byte) []byte {
	if rest, marked := bytes.CutPrefix(content, utf8Mark); marked {
		return rest
	}
	for order, mark := range utf16Mark {
		if rest, marked := bytes.CutPrefix(content, mark); marked {
			return fromUTF16(rest, order)
		}
	}
	return content
}

func fromUTF16(content []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, len(content)/2)
	for i := range units {
		units[i] = order.Uint16(content[2*i:])
	}
	return []byte(string(utf16.Decode(units)))
}
