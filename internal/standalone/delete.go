package standalone

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/lifecycle"
)

// Delete stops the job's task and then removes the state file. It waits for a
// stage that is working on the job.
func (s *Store) Delete(ctx context.Context, key types.NamespacedName) error {
	return s.end(ctx, key.Name, "the CI job was cleaned up")
}

// end stops a job's task with a reason that ECS shows, and removes its state.
func (s *Store) end(ctx context.Context, name, reason string) error {
	state, err := s.lockState(ctx, name)
	if errors.Is(err, executor.ErrJobGone) {
		return s.removeState(name)
	}
	if err != nil {
		return err
	}
	defer state.unlock()
	if err := s.stopTasks(ctx, state, reason); err != nil {
		return err
	}
	if err := s.removeState(name); err != nil {
		return err
	}
	s.jobs.Forget(types.NamespacedName{Name: name})
	return nil
}

// stopTasks returns once every task of the job has been stopped.
func (s *Store) stopTasks(ctx context.Context, state *state, reason string) error {
	for {
		settled, err := s.jobs.Release(ctx, state.job, reason)
		if err != nil {
			return explain(err)
		}
		if settled {
			return nil
		}
		select {
		case <-time.After(lifecycle.SettlePause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// explain separates errors that can pass from those that cannot.
func explain(err error) error {
	var fault *ecs.Error
	if errors.As(err, &fault) && fault.Class == ecs.RetrySame {
		return &executor.UnavailableError{Store: "AWS", Err: err}
	}
	return err
}
