package executor

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// What the job log shows of a container's log: maxLines lines of up to
// maxLineLength characters each.
const (
	maxLines      = 10
	maxLineLength = 300
)

// lastLines returns the last lines that the container of a stalled job wrote,
// as text for the job log. It is empty if there are none, and for other errors.
func (e *Executor) lastLines(ctx context.Context, store JobStore, err error) string {
	var stall *StalledError
	if !errors.As(err, &stall) {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, e.limits.lastLines)
	defer cancel()
	lines, err := store.LastLines(ctx, stall.Job, maxLines)
	if err != nil {
		e.Log.Warn("Cannot read the log of the job's container", "job", stall.Name, "error", err.Error())
	}
	if len(lines) == 0 {
		return ""
	}
	var text strings.Builder
	text.WriteString("The last lines of the log of the job's container:\n")
	for _, line := range lines {
		fmt.Fprintf(&text, "  %s\n", abridge(oneLine(line)))
	}
	return text.String()
}

// abridge cuts a line that is too long before a word: GitLab masks a variable in
// the job log only if all of it is there.
func abridge(line string) string {
	short := cut(line, maxLineLength)
	if short == line {
		return line
	}
	return short[:max(0, strings.LastIndexByte(short, ' '))] + " ..."
}
