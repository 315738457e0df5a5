package gitlab

import (
	"fmt"
	"time"
)

// The escape sequences that GitLab's job log understands.
const (
	clearLine = "\x1b[0K"
	boldRed   = "\x1b[31;1m"
	reset     = "\x1b[0;m"
)

// SectionStart returns what begins a section of the job log that GitLab shows
// collapsed, as one line with a title. The name has letters, digits and _ only.
//
// Source: "Custom collapsible sections" in GitLab's documentation of job logs.
func SectionStart(name, title string, at time.Time) string {
	return fmt.Sprintf("section_start:%d:%s[collapsed=true]\r%s%s\n", at.Unix(), name, clearLine, title)
}

// SectionEnd returns what ends a section.
func SectionEnd(name string, at time.Time) string {
	return fmt.Sprintf("section_end:%d:%s\r%s", at.Unix(), name, clearLine)
}

// Failure returns text in the colour in which the runner itself tells of
// failures.
func Failure(text string) string { return boldRed + text + reset }
