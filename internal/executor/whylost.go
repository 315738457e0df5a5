package executor

import (
	"context"
	"errors"
	"fmt"
	"io"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// fate is what the store says about a job's task.
type fate struct {
	end    error  // why it ends or has ended; nil if that is not known
	reason string // for connection.Lost
	state  string // as last seen; empty if it was not
	err    error  // why the store said no more
}

// whyLost says why the task no longer answers.
func (f *fate) whyLost(job types.NamespacedName) error {
	switch {
	case f.end != nil:
		return f.end
	case f.state != "":
		return fmt.Errorf("lost the task of %s though ECS has not reported its end (%s), check the network between runner and task and the log of the task's SSH server",
			wordsFor(job).job, text.OneLine(f.state))
	default:
		return fmt.Errorf("lost the task of %s, the reason is unknown: %w", wordsFor(job).job, f.err)
	}
}

// fateOf asks the store. ECS says that a task ends a few seconds after the task
// has noticed: it waits for that.
func (e *Executor) fateOf(ctx context.Context, job types.NamespacedName) fate {
	seen := fate{reason: lostUnanswered}
	store, err := e.openStoreOf(job)
	if err != nil {
		seen.err = err
		return seen
	}
	asking, cancel := context.WithTimeout(ctx, e.limits.explain)
	defer cancel()
	silent := outage{limit: e.limits.explain, pause: e.limits.retry, report: func(error) {}}
	seen.err = silent.through(asking, func() error {
		return store.Watch(asking, job, func(now *v1alpha1.FargateJob) error {
			seen.state = describe(now)
			return endOf(job, now)
		})
	})
	var stall *StalledError
	switch {
	case errors.As(seen.err, &stall):
		_, _ = io.WriteString(e.Stderr, e.lastLines(ctx, stall))
		seen.reason, seen.end = stall.Reason, stall
	case errors.Is(seen.err, ErrJobGone):
		seen.reason = lostDeleted
		seen.end = fmt.Errorf("%s was deleted while its script ran, which stopped its task", wordsFor(job).job)
	}
	return seen
}

// endOf is the end of a job's task as an error, nil as long as it runs.
func endOf(job types.NamespacedName, seen *v1alpha1.FargateJob) error {
	if !seen.DeletionTimestamp.IsZero() {
		return ErrJobGone
	}
	return stalled(wordsFor(job).job, seen)
}
