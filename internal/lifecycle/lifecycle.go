// Package lifecycle takes a FargateJob through its life: it resolves the job's
// class, launches its task, observes it, finds its address, enforces its
// deadlines and stops it. It changes objects in memory and calls ECS; its caller
// stores the objects. The controller and the standalone executor run their
// jobs through it.
package lifecycle

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// Lifecycle takes any number of jobs through their lives. It must not be
// copied after its first use.
type Lifecycle struct {
	// ECS launches, finds and stops tasks.
	ECS Cloud
	// Observers observe them.
	Observers Observers
	// Installation tells this installation's tasks from others'.
	Installation string
	// Class returns a job's class, which has no name if fargate.toml describes
	// it. An error made with Stallf stalls the job.
	Class func(context.Context, *v1alpha1.FargateJob) (*v1alpha1.FargateTaskClass, error)
	// Wake is called when ECS has news of a job's task: it is time to advance
	// the job. It must not block.
	Wake func(types.NamespacedName)
	// Launched hears how each launch ended: ReasonLaunched, or why ECS did not
	// start the task. It may be nil.
	Launched func(reason string)
	// Now is the clock that deadlines and pauses are kept by.
	Now func() time.Time

	attempts ledger
	searches byJob[time.Time] // when the search for a task that nobody knows began
	watched  byJob[string]    // the ARN of the task that is observed
	failures byJob[failures]
}

// Advance brings a job one step further, in memory only. If that changes the
// status, write it down before you advance the job again, which is due at once:
// a launch follows only when its attempt is recorded. Otherwise advance the job
// when Wake says so, and at the returned time unless it is zero.
//
// After an error, which the job's Ready condition has too, advance the job
// again after a pause. A job that stalls is no error.
func (l *Lifecycle) Advance(ctx context.Context, job *v1alpha1.FargateJob) (time.Time, error) {
	err := l.takeSteps(ctx, job)
	l.summarize(ctx, job, err)
	var stall *stalling
	var wait *waiting
	switch {
	case errors.As(err, &wait):
		return earliest(l.due(job), wait.until), nil
	case errors.Is(err, errSearching):
		return earliest(l.due(job), l.Now().Add(SettlePause)), nil
	case isFault(err) && !errors.As(err, &stall):
		return time.Time{}, err
	}
	return l.due(job), nil
}

// takeSteps takes the steps of a job's life until one of them says to stop.
func (l *Lifecycle) takeSteps(ctx context.Context, job *v1alpha1.FargateJob) error {
	steps := []func(context.Context, *v1alpha1.FargateJob) error{
		l.enforceActiveDeadline,
		l.enforceLaunchDeadline,
		l.resolve,
		l.launch,
		l.observe,
		l.assignAddress,
		l.enforceReadyDeadline,
	}
	if IsStalled(job) {
		steps = []func(context.Context, *v1alpha1.FargateJob) error{l.follow}
	}
	for _, step := range steps {
		if err := step(ctx, job); err != nil {
			return l.stallOrRetry(ctx, job, err)
		}
	}
	return nil
}

// due is the next time at which a job changes by itself.
func (l *Lifecycle) due(job *v1alpha1.FargateJob) time.Time {
	now := l.Now()
	var next time.Time
	for _, at := range []time.Time{retryTime(job), launchDeadline(job), ActiveDeadline(job)} {
		if at.After(now) {
			next = earliest(next, at)
		}
	}
	return next
}

// earliest is the earlier of two times, of which the first may be zero for none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
