package text_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

func TestOneLine_TextFromOutside_CannotForgeWhatIsPrinted(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"empty":                       {"", ""},
		"plain":                       {"group/project: build 1.2", "group/project: build 1.2"},
		"letters of the world":        {"构建 größe сборка", "构建 größe сборка"},
		"emoji":                       {"🚀 deploy", "🚀 deploy"},
		"emoji of several":            {"👩\u200d💻 \u2764\ufe0f", "👩\u200d💻 \u2764\ufe0f"},
		"Persian with a non-joiner":   {"می\u200cخواهم", "می\u200cخواهم"},
		"line feed":                   {"a\n0 left behind", "a 0 left behind"},
		"carriage return":             {"a\r\x1b[0Kb", "a [0Kb"},
		"escape":                      {"\x1b[31mred\x1b[0m", "[31mred [0m"},
		"window title":                {"\x1b]0;title\x07", "]0;title"},
		"NUL, backspace, DEL":         {"a\x00b\bc\x7fd", "a b c d"},
		"C1: CSI and next line":       {"a\u009b31mb\u0085c", "a 31mb c"},
		"line and paragraph breaks":   {"a\u2028b\u2029c", "a b c"},
		"vertical tab, form feed":     {"a\vb\fc", "a b c"},
		"bidi override":               {"a\u202eb\u202cc", "a\ufffdb\ufffdc"},
		"bidi isolate":                {"a\u2066b\u2069c", "a\ufffdb\ufffdc"},
		"bidi mark":                   {"a\u200fb\u061cc", "a\ufffdb\ufffdc"},
		"zero width space, BOM":       {"a\u200bb\ufeffc", "a\ufffdb\ufffdc"},
		"soft hyphen":                 {"a\u00adb", "a\ufffdb"},
		"tag characters":              {"a\U000e0061b", "a\ufffdb"},
		"private use":                 {"a\ue000b", "a\ufffdb"},
		"no-break and ideographic":    {"a\u00a0b\u3000c", "a b c"},
		"not UTF-8":                   {"a\xffb\x9bc", "a\ufffdb\ufffdc"},
		"an encoded surrogate":        {"a\xed\xa0\x80b", "a\ufffd\ufffd\ufffdb"},
		"an overlong escape":          {"a\xc0\x9bb", "a\ufffd\ufffdb"},
		"spaces around and in a line": {"  a \t  b  ", "a b"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := text.OneLine(test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestLines_JoinedErrors_HaveALineEach(t *testing.T) {
	outside := errors.New("a\n\x1b[1mb")
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"one":                    {outside, "a [1mb"},
		"joined":                 {errors.Join(outside, errors.New("c")), "a [1mb\nc"},
		"joined twice":           {errors.Join(errors.Join(outside, errors.New("c")), errors.New("d")), "a [1mb\nc\nd"},
		"one joined":             {errors.Join(outside), "a [1mb"},
		"wrapped without a word": {fmt.Errorf("%w", errors.Join(outside, errors.New("c"))), "a [1mb\nc"},
		"wrapped":                {fmt.Errorf("doing: %w", outside), "doing: a [1mb"},
		"joined within another":  {fmt.Errorf("doing: %w", errors.Join(outside, errors.New("c"))), "doing: a [1mb c"},
		"two in one message":     {fmt.Errorf("%w; %w", outside, errors.New("c")), "a [1mb; c"},
		"two on two lines":       {fmt.Errorf("%w\n%w", outside, errors.New("c")), "a [1mb\nc"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := text.Lines(test.err); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func FuzzOneLine_IsPrintableAndStays(f *testing.F) {
	f.Add("a\n\x1b[31m\u202e\u009b\xff b")
	f.Fuzz(func(t *testing.T, s string) {
		got := text.OneLine(s)
		for _, r := range got {
			if !unicode.IsPrint(r) && r != '\u200c' && r != '\u200d' {
				t.Errorf("%q becomes %q, with %U", s, got, r)
			}
		}
		if again := text.OneLine(got); again != got || strings.Contains(got, "  ") {
			t.Errorf("%q becomes %q and then %q", s, got, again)
		}
	})
}
