package gitlab

import (
	"fmt"
	"time"
)

// The escape sequences that GitLab's job log understands.
const (
	clearLine = "\x1b[0K"
	boldRed   = "\x1b[31;1m"
	yellow    = "\x1b[0;33m"
	reset     = "\x1b[0;m"
)

// SectionStart returns the text that begins a section of the job log, which
// GitLab shows collapsed to one line with the title. The name may have letters,
// digits and _ only.
//
// Source: "Custom collapsible sections" in GitLab's documentation of job logs.
func SectionStart(name, title string, at time.Time) string {
	return fmt.Sprintf("section_start:%d:%s[collapsed=true]\r%s%s\n", at.Unix(), name, clearLine, title)
}

// SectionEnd returns the text that ends a section.
func SectionEnd(name string, at time.Time) string {
	return fmt.Sprintf("section_end:%d:%s\r%s", at.Unix(), name, clearLine)
}

// Failure returns text in the color that the runner itself uses for failures.
func Failure(text string) string { return boldRed + text + reset }

// Warning returns text in the color that the runner itself uses for warnings.
func Warning(text string) string { return yellow + text + reset }
