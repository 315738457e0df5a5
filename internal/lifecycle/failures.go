package lifecycle

import (
	"errors"
	"fmt"
	"time"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// sayEvery is how often a job's status says how often its step has failed. Each
// change of the status wakes the job and adds to its log.
const sayEvery = time.Minute

// failures are how often the step that a job is at has failed.
type failures struct {
	count       int
	since, said time.Time
	note        string
}

// withFailures returns what a job's status says about its readiness after an
// advance that ended with err: the message, or why the step failed, and if that
// lasts, how often it has.
func (l *Lifecycle) withFailures(job *v1alpha1.FargateJob, message string, err error) string {
	if err == nil || errors.Is(err, errRecorded) {
		l.failures.forget(keyOf(job))
		return message
	}
	failed := isFault(err)
	if failed {
		message = err.Error()
	}
	now := l.Now()
	l.failures.update(job, func(f *failures) {
		if failed {
			f.add(now)
		}
		message += f.note
	})
	return message
}

func (f *failures) add(now time.Time) {
	f.count++
	if f.count == 1 {
		f.since, f.said = now, now
	}
	if now.Sub(f.said) >= sayEvery {
		f.said = now
		f.note = fmt.Sprintf(" (%d tries in %s)", f.count, now.Sub(f.since).Round(time.Second))
	}
}

// withLook adds to a message about a job's task that AWS no longer says how the
// task is.
func (l *Lifecycle) withLook(job *v1alpha1.FargateJob, message string) string {
	if job.Status.Task == nil {
		return message
	}
	if seen, ok := l.Observers.Latest(job.Status.Task.ARN); ok && seen.Err != nil {
		return message + ", when it was last seen: " + seen.Err.Error()
	}
	return message
}
