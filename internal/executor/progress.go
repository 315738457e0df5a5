package executor

import (
	"fmt"
	"io"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

// progress writes to the job log what happens as it happens, each line with the
// seconds since the stage began.
type progress struct {
	log   io.Writer
	begun time.Time
	said  time.Time // when the latest line was written
}

func newProgress(log io.Writer) *progress {
	return &progress{log: log, begun: time.Now(), said: time.Now()}
}

func (p *progress) sayf(format string, args ...any) {
	p.said = time.Now()
	fmt.Fprintf(p.log, "[%6.1fs] %s\n", time.Since(p.begun).Seconds(), text.OneLine(fmt.Sprintf(format, args...)))
}

// write adds the text to the job log unchanged.
func (p *progress) write(text string) { _, _ = io.WriteString(p.log, text) }

// watchedLog is a job log that reports when it can no longer be written.
type watchedLog struct {
	io.Writer

	broken func(error)
}

func (l *watchedLog) Write(text []byte) (int, error) {
	n, err := l.Writer.Write(text)
	if err != nil {
		l.broken(fmt.Errorf("the job log cannot be written, is gitlab-runner gone? %w", err))
	}
	return n, err
}
