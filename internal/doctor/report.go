package doctor

import (
	"fmt"
	"io"
	"strings"
)

// margin is the width of a level, the longest subject, and the space between
// them.
const margin = 24

// Write writes findings for people to read, and counts the bad ones.
func Write(w io.Writer, findings []Finding) error {
	var text strings.Builder
	count := map[Level]int{}
	for _, f := range findings {
		count[f.Level]++
		fmt.Fprintf(&text, "%-4s  %-*s%s\n", f.Level, margin-len("FAIL  "), f.Subject, indented(f.What))
		for _, part := range []struct{ label, text string }{{"why: ", f.Why}, {"fix: ", f.Fix}} {
			if part.text != "" {
				fmt.Fprintf(&text, "%*s%s%s\n", margin, "", part.label, indented(part.text))
			}
		}
	}
	fmt.Fprintf(&text, "\n%d checks: %d failed, %d with a warning\n", len(findings), count[Failure], count[Warning])
	_, err := io.WriteString(w, text.String())
	return err
}

// indented puts the lines after the first below it.
func indented(text string) string {
	return strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", margin))
}
