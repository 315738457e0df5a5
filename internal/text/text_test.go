package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

func TestCut_KeepsWholeCharacters(t *testing.T) {
	for name, test := range map[string]struct {
		text       string
		characters int
		want       string
	}{
		"empty":                      {"", 3, ""},
		"shorter":                    {"ab", 3, "ab"},
		"as long":                    {"abc", 3, "abc"},
		"longer":                     {"abcd", 3, "abc"},
		"no characters":              {"abc", 0, ""},
		"two bytes a character":      {"üüüü", 3, "üüü"},
		"four bytes a character":     {"a😀b😀c", 2, "a😀"},
		"not UTF-8, within":          {"a\xffbc", 3, "abc"},
		"not UTF-8, cut off at last": {"ab\xc3", 3, "ab"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := text.Cut(test.text, test.characters); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestAbridge_LongerThanTheCharacters_EndsInAMark(t *testing.T) {
	for name, test := range map[string]struct {
		text       string
		characters int
		want       string
	}{
		"empty":                 {"", 3, ""},
		"as long":               {"abc", 3, "abc"},
		"longer":                {"abcd", 3, "ab…"},
		"two bytes, as long":    {"üüü", 3, "üüü"},
		"two bytes, longer":     {"üüüü", 3, "üü…"},
		"not UTF-8":             {"a\xffb", 3, "a\uFFFDb"},
		"not UTF-8, and longer": {"a\xffbc", 3, "a\uFFFD…"},
		"only the mark":         {"abc", 1, "…"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := text.Abridge(test.text, test.characters); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestAbridgeBytes_LongerThanTheBytes_EndsInAMarkAfterAWholeCharacter(t *testing.T) {
	for name, test := range map[string]struct {
		text  string
		bytes int
		want  string
	}{
		"empty":                          {"", 6, ""},
		"as long":                        {"abcdef", 6, "abcdef"},
		"longer":                         {"abcdefg", 6, "abc…"},
		"two bytes, as long":             {"üüü", 6, "üüü"},
		"end within a character":         {"üüüü", 6, "ü…"},
		"end between characters":         {"aüüüü", 6, "aü…"},
		"four bytes":                     {"😀😀", 7, "😀…"},
		"end within four bytes":          {"😀😀", 6, "…"},
		"not UTF-8":                      {"ab\xff", 6, "ab\uFFFD"},
		"not UTF-8, longer once written": {"abcd\xff", 6, "abc…"},
		"only the mark":                  {"abcd", 3, "…"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := text.AbridgeBytes(test.text, test.bytes); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func FuzzText_StaysWithinItsBoundsAsUTF8(f *testing.F) {
	f.Add("a😀ü\xff", 5)
	f.Add(strings.Repeat("ü", 9), 4)
	f.Fuzz(func(t *testing.T, s string, most int) {
		if most < 3 || most > 1<<20 {
			return
		}
		for name, got := range map[string]string{"Cut": text.Cut(s, most), "Abridge": text.Abridge(s, most)} {
			if !utf8.ValidString(got) || utf8.RuneCountInString(got) > most {
				t.Errorf("%s of %q to %d is %q", name, s, most, got)
			}
		}
		if got := text.AbridgeBytes(s, most); !utf8.ValidString(got) || len(got) > most {
			t.Errorf("AbridgeBytes of %q to %d is %q", s, most, got)
		}
	})
}

func TestList_NamesOrNone(t *testing.T) {
	for want, names := range map[string][]string{"none": nil, "a": {"a"}, "a, b": {"a", "b"}} {
		if got := text.List(names); got != want {
			t.Errorf("%v: got %q, want %q", names, got, want)
		}
	}
}
