package text

import (
	"errors"
	"strings"
	"unicode"
)

// Joiners that scripts and emoji need: unlike other characters that are not
// printed, they neither move the cursor nor turn text around.
const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'

// OneLine makes text from outside safe to print: text of a job, of AWS or of an
// SSH server may have escape sequences, line breaks or characters that turn the
// direction of writing, with which it would forge what we print. Control
// characters and line breaks become spaces, of which one is left between words;
// other characters that are not printed, and bytes that are not UTF-8, become
// U+FFFD.
func OneLine(s string) string {
	return strings.Join(strings.Fields(strings.Map(printable, s)), " ")
}

func printable(r rune) rune {
	switch {
	case unicode.IsControl(r) || unicode.IsSpace(r):
		return ' '
	case unicode.IsPrint(r), r == zeroWidthNonJoiner, r == zeroWidthJoiner:
		return r
	default:
		return unicode.ReplacementChar
	}
}

// Lines returns the text of an error, printable: one line for each of the errors
// that errors.Join has joined.
func Lines(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil || inner.Error() != err.Error() {
			break
		}
		err = inner
	}
	several, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return OneLine(err.Error())
	}
	var raw, lines []string
	for _, one := range several.Unwrap() {
		raw, lines = append(raw, one.Error()), append(lines, Lines(one))
	}
	if err.Error() != strings.Join(raw, "\n") { // made by fmt.Errorf
		return OneLine(err.Error())
	}
	return strings.Join(lines, "\n")
}
