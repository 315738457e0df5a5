package text

import "testing"

func TestWithoutMark_IsUTF8(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"empty":                     {"", ""},
		"no mark":                   {"a = 'ü'", "a = 'ü'"},
		"UTF-8":                     {"\xEF\xBB\xBFa = 'ü'", "a = 'ü'"},
		"a mark alone":              {"\xEF\xBB\xBF", ""},
		"a mark further on":         {"a\xEF\xBB\xBF", "a\xEF\xBB\xBF"},
		"UTF-16, little endian":     {"\xFF\xFEa\x00\xFC\x00", "aü"},
		"UTF-16, big endian":        {"\xFE\xFF\x00a\x00\xFC", "aü"},
		"UTF-16 with two units":     {"\xFF\xFE\x3D\xD8\x00\xDE", "😀"},
		"UTF-16, cut in the middle": {"\xFF\xFEa\x00\xFC", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(WithoutMark([]byte(test.content))); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
