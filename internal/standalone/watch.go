package standalone

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// stepTimeout bounds one step of a job's life. The longest is a launch, a call
// that the SDK may retry twice.
const stepTimeout = 30 * time.Second

// retryPauses are the pauses after steps that fail.
var retryPauses = wait.Backoff{Duration: 500 * time.Millisecond, Factor: 2, Cap: 10 * time.Second, Steps: math.MaxInt32}

// step is one step of a job's life.
type step struct {
	job     *v1alpha1.FargateJob
	changed bool
	due     time.Time // when to take the next one at the latest; zero for no time
	err     error     // why it failed, which the job's status also says
}

// Watch takes the job through its life as long as it runs, and calls seen with
// every change once it is recorded.
func (s *Store) Watch(ctx context.Context, key types.NamespacedName, seen func(*v1alpha1.FargateJob) error) error {
	var observers sync.WaitGroup
	defer observers.Wait()
	observing, stop := context.WithCancel(ctx)
	defer stop()
	observers.Go(func() { _ = s.observers.Start(observing) })

	pauses := retryPauses
	var seenStatus *v1alpha1.FargateJobStatus
	for {
		step, err := s.takeStep(ctx, key.Name)
		if err != nil {
			return err
		}
		// Another process may already have taken the step.
		if seenStatus == nil || !equality.Semantic.DeepEqual(seenStatus, &step.job.Status) {
			if err := seen(step.job); err != nil {
				return err
			}
			seenStatus = &step.job.Status
		}
		switch {
		case step.err != nil:
			err = s.wait(ctx, s.now().Add(pauses.Step()))
		case step.changed:
			pauses = retryPauses
		default:
			err = s.wait(ctx, step.due)
		}
		if err != nil {
			return err
		}
	}
}

// takeStep advances the job in the state file and records the result.
func (s *Store) takeStep(ctx context.Context, name string) (*step, error) {
	state, err := s.lockState(ctx, name)
	if err != nil {
		return nil, err
	}
	defer state.unlock()
	bounded, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	before := state.job.Status.DeepCopy()
	due, err := s.jobs.Advance(bounded, state.job)
	if errors.Is(err, context.Canceled) {
		return nil, context.Cause(ctx) // The step came to nothing.
	}
	step := &step{job: state.job, changed: !equality.Semantic.DeepEqual(before, &state.job.Status), due: due, err: err}
	if step.changed {
		if err := state.write(); err != nil {
			return nil, fmt.Errorf("recording what became of the job: %w", err)
		}
	}
	return step, nil
}

// wait waits until a time, unless that is zero, or until ECS has news of the
// job.
func (s *Store) wait(ctx context.Context, until time.Time) error {
	var due <-chan time.Time
	if !until.IsZero() {
		due = time.After(until.Sub(s.now()))
	}
	select {
	case <-due:
		return nil
	case <-s.wake:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
