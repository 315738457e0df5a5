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

// whyLost asks the store why a task no longer answers, and returns that as an
// error.
func (e *Executor) whyLost(ctx context.Context, job types.NamespacedName) error {
	stop, state, err := e.askStore(ctx, job)
	switch {
	case stop != nil:
		return stop
	case state != "":
		return fmt.Errorf("lost the task of %s though ECS has not reported its end (%s), check the network between runner and task and the log of the task's SSH server",
			wordsFor(job).job, text.OneLine(state))
	default:
		return fmt.Errorf("lost the task of %s, the reason is unknown: %w", wordsFor(job).job, err)
	}
}

// whyStopped returns why the job's task is being stopped, nil if it is not. err
// says why that cannot be told.
func (e *Executor) whyStopped(ctx context.Context, job types.NamespacedName) (stop, err error) {
	stop, state, err := e.askStore(ctx, job)
	if stop != nil || state != "" {
		return stop, nil
	}
	return nil, err
}

// askStore returns why the job's task ends, or else the state that the store
// reports, or else why it reports none. ECS says that a task ends a few seconds
// after the task has noticed: it waits for that.
func (e *Executor) askStore(ctx context.Context, job types.NamespacedName) (stop error, state string, err error) {
	store, err := e.openStoreOf(job)
	if err != nil {
		return nil, "", err
	}
	asking, cancel := context.WithTimeout(ctx, e.limits.explain)
	defer cancel()
	silent := outage{limit: e.limits.explain, pause: e.limits.retry, report: func(error) {}}
	err = silent.through(asking, func() error {
		return store.Watch(asking, job, func(seen *v1alpha1.FargateJob) error {
			state = describe(seen)
			return endOf(job, seen)
		})
	})
	var stall *StalledError
	switch {
	case errors.As(err, &stall):
		_, _ = io.WriteString(e.Stderr, e.lastLines(ctx, stall))
		return stall, state, nil
	case errors.Is(err, ErrJobGone):
		return fmt.Errorf("%s was deleted while its script ran, which stopped its task", wordsFor(job).job), state, nil
	default:
		return nil, state, err
	}
}

// endOf is the end of a job's task as an error, nil as long as it runs.
func endOf(job types.NamespacedName, seen *v1alpha1.FargateJob) error {
	if !seen.DeletionTimestamp.IsZero() {
		return ErrJobGone
	}
	return stalled(wordsFor(job).job, seen)
}
