package executor

import (
	"context"
	"errors"
	"fmt"
	"io"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// whyLost asks the store why a task no longer answers, and returns that in a
// word, for connection.Lost, and as an error. The connection ends before ECS
// reports why: it waits a few seconds for that.
func (e *Executor) whyLost(ctx context.Context, job types.NamespacedName) (reason string, why error) {
	store, err := e.openStoreOf(job)
	if err != nil {
		return lostUnanswered, fmt.Errorf("lost the task of %s, the reason is unknown: %w", job.Name, err)
	}
	name := wordsFor(job).job
	explaining, cancel := context.WithTimeout(ctx, e.limits.explain)
	defer cancel()
	var state string
	silent := outage{limit: e.limits.explain, pause: e.limits.retry, report: func(error) {}}
	err = silent.through(explaining, func() error {
		return store.Watch(explaining, job, func(seen *v1alpha1.FargateJob) error {
			state = describe(seen)
			if !seen.DeletionTimestamp.IsZero() {
				return ErrJobGone
			}
			return stalled(name, seen)
		})
	})
	var stall *StalledError
	switch {
	case errors.As(err, &stall):
		_, _ = io.WriteString(e.Stderr, e.lastLines(ctx, stall))
		return stall.Reason, stall
	case errors.Is(err, ErrJobGone):
		return lostDeleted, fmt.Errorf("%s was deleted while its script ran, which stopped its task", name)
	case state != "":
		return lostUnanswered, fmt.Errorf("lost the task of %s though ECS has not reported its end (%s), check the network between runner and task and the log of the task's SSH server",
			name, oneLine(state))
	default:
		return lostUnanswered, fmt.Errorf("lost the task of %s, the reason is unknown: %w", name, err)
	}
}
