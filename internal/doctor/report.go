package doctor

import (
	"fmt"
	"io"
	"strings"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

// margin is the width of a level, the longest subject, and the space between
// them.
const margin = 24

// Write writes findings for people to read, and counts the bad ones.
func Write(w io.Writer, findings []Finding) error {
	var report strings.Builder
	count := map[Level]int{}
	for _, f := range findings {
		count[f.Level]++
		fmt.Fprintf(&report, "%-4s  %-*s%s\n", f.Level, margin-len("FAIL  "), f.Subject, indented(f.What))
		for _, part := range []struct{ label, text string }{{"why: ", f.Why}, {"fix: ", f.Fix}} {
			if part.text != "" {
				fmt.Fprintf(&report, "%*s%s%s\n", margin, "", part.label, indented(part.text))
			}
		}
	}
	fmt.Fprintf(&report, "\n%d checks: %d failed, %d with a warning\n", len(findings), count[Failure], count[Warning])
	_, err := io.WriteString(w, report.String())
	return err
}

// indented puts the lines after the first below it, all of them printable: a
// finding may have text from elsewhere.
func indented(several string) string {
	lines := strings.Split(several, "\n")
	for i, line := range lines {
		lines[i] = text.OneLine(line)
	}
	return strings.Join(lines, "\n"+strings.Repeat(" ", margin))
}
