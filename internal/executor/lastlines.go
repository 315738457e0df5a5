package executor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// What the job log shows of a container's log: maxLines lines of up to
// maxLineLength characters each.
const (
	maxLines      = 10
	maxLineLength = 300
)

// lastLines returns what the container of a stalled job wrote last, as lines for
// the job log. It is empty if nothing can be had, or for another error.
func (e *Executor) lastLines(ctx context.Context, err error) string {
	var stall *StalledError
	if e.LastLines == nil || !errors.As(err, &stall) {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, e.limits.lastLines)
	defer cancel()
	lines, _ := e.readLines(ctx, stall.Job, maxLines)
	return showLines(lines)
}

// readLines returns what the job's container wrote last. It logs its error.
func (e *Executor) readLines(ctx context.Context, job *v1alpha1.FargateJob, limit int32) ([]string, error) {
	lines, err := e.LastLines(ctx, job, limit)
	if err != nil {
		e.Log.Warn("Cannot read the log of the job's container", "job", job.Name, "error", err.Error())
	}
	return lines, err
}

// showLines returns lines of a container's log as lines for the job log, at most
// maxLines.
func showLines(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	lines = lines[max(0, len(lines)-maxLines):]
	var shown strings.Builder
	shown.WriteString("The last lines of the log of the job's container:\n")
	for _, line := range lines {
		fmt.Fprintf(&shown, "  %s\n", abridge(text.OneLine(line)))
	}
	return shown.String()
}

// abridge cuts a line that is too long before a word: GitLab masks a variable in
// the job log only if all of it is there.
func abridge(line string) string {
	short := text.Cut(line, maxLineLength)
	if short == line {
		return line
	}
	return short[:max(0, strings.LastIndexByte(short, ' '))] + " ..."
}
