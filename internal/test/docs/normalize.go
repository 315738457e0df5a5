package docs

import (
	"regexp"
	"strings"
)

// samples replace what differs from run to run.
var samples = []struct {
	varying *regexp.Regexp
	sample  string
}{
	{regexp.MustCompile(`\b127\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d+\.\d+\b`), "10.0.3.17"},                      // a task of the local ECS
	{regexp.MustCompile(`\b[0-9a-f]{32}\b`), "1dc5c17a422b4dc4b493371970c6c4d6"},                                  // a task's id
	{regexp.MustCompile(`\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b`), "5f0c1b1e-7d5a-4b7e-9d0e-3c2a1b0f9e8d"}, // a UID
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "2026-01-31T12:00:00Z"},
	{regexp.MustCompile(`\b(us-east-1)[a-f]\b`), "${1}a"},
	{regexp.MustCompile(`(Resource Version: +)\d+`), "${1}4711"},
}

// age matches an age, in the column of that name.
var age = regexp.MustCompile(`\b(\d+m)?\d+s\b|<invalid>`)

// Normalize makes output of kubectl the same in every run: addresses, ids and
// times become samples, tables are laid out again around them, and trailing spaces
// and empty lines are removed.
func Normalize(output string) string {
	var b strings.Builder
	var rows table
	for line := range strings.Lines(output) {
		line = strings.TrimRight(line, " \n")
		switch {
		case head(line):
			rows.flush(&b)
			rows = newTable(line)
		case line != "" && rows.begun():
			rows.add(line)
		default:
			rows.flush(&b)
			b.WriteString(normal(line) + "\n")
		}
	}
	rows.flush(&b)
	if text := strings.TrimRight(b.String(), "\n"); text != "" {
		return text + "\n"
	}
	return ""
}

func normal(text string) string {
	for _, s := range samples {
		text = s.varying.ReplaceAllString(text, s.sample)
	}
	return text
}
