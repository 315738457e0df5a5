// Package text makes text from outside fit to be shown: short enough, and
// printable. What comes back is valid UTF-8 and never ends within a character.
package text

import (
	"strings"
	"unicode/utf8"
)

// mark ends text that was abridged.
const mark = "…"

// List returns names as a sentence has them: "a, b", or "none".
func List(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// Cut returns the first characters of a text, at most as many as given. It is
// for names and values, to which nothing may be added. Bytes that are not UTF-8
// are left out.
func Cut(s string, characters int) string {
	s = strings.ToValidUTF8(s, "")
	count := 0
	for i := range s {
		if count == characters {
			return s[:i]
		}
		count++
	}
	return s
}

// Abridge returns a message of at most that many characters. One that is longer
// ends in "…", for which there has to be room. Bytes that are not UTF-8 become
// U+FFFD.
func Abridge(s string, characters int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if utf8.RuneCountInString(s) <= characters {
		return s
	}
	return Cut(s, characters-1) + mark
}

// AbridgeBytes is Abridge for a place that counts bytes, of which "…" takes
// three.
func AbridgeBytes(s string, bytes int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= bytes {
		return s
	}
	end := bytes - len(mark)
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + mark
}
