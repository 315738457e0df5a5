package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
)

// jobLog passes a job's log on as it comes, and lets commands be shown between
// its lines.
type jobLog struct {
	mu      sync.Mutex
	out     io.Writer
	line    bytes.Buffer
	pattern string
	trigger func()
	group   sync.WaitGroup
}

func newJobLog(out io.Writer) *jobLog { return &jobLog{out: out} }

// onFirst calls trigger, once and in the background, when a line is the text.
func (l *jobLog) onFirst(text string, trigger func()) { l.pattern, l.trigger = text, trigger }

// wait returns when the trigger has.
func (l *jobLog) wait() { l.group.Wait() }

// Write passes whole and partial lines on at once.
func (l *jobLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range p {
		if b != '\n' {
			l.line.WriteByte(b)
			continue
		}
		if l.trigger != nil && l.line.String() == l.pattern {
			l.group.Go(l.trigger)
			l.trigger = nil
		}
		l.line.Reset()
	}
	return l.out.Write(p)
}

// command runs kubectl and shows it with its output.
func (l *jobLog) command(ctx context.Context, kubectl, kubeconfig string, args ...string) {
	cmd := exec.CommandContext(ctx, kubectl, args...)
	cmd.Env = append(cmd.Environ(), "KUBECONFIG="+kubeconfig)
	out, err := cmd.CombinedOutput()
	if err != nil {
		out = fmt.Appendf(out, "%v\n", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.out, "\n\x1b[36m$ kubectl %s\n%s\x1b[0m\n", strings.Join(args, " "), out)
}
