package localecs

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// StopTask stops a task as ECS itself would, with the given stop code and reason,
// in any state. Before RUNNING, that is how a start fails. The containers get
// SIGTERM and their stop timeout. An unknown ARN is an error; a task that is
// already stopping keeps its code and reason.
func (s *Server) StopTask(taskARN string, code types.TaskStopCode, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.findTask(taskARN)
	if err != nil {
		return err
	}
	t.requestStop(code, reason)
	return nil
}

// InterruptSpotTask stops a task as ECS does when it needs the capacity back.
func (s *Server) InterruptSpotTask(taskARN string) error {
	return s.StopTask(taskARN, types.TaskStopCodeSpotInterruption, "Your Spot Task was interrupted.")
}

// KillContainer ends all processes of a container with SIGKILL; its exit code
// becomes 137. An unknown task or container, or one that has not started, is an
// error.
func (s *Server) KillContainer(taskARN, name string) error {
	s.mu.Lock()
	t, err := s.findTask(taskARN)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	c := t.container(name)
	if c == nil {
		return fmt.Errorf("task %s has no container %q", taskARN, name)
	}
	t.processes.Lock()
	defer t.processes.Unlock()
	if c.process == nil {
		return fmt.Errorf("container %s of task %s has not started", name, taskARN)
	}
	c.process.Kill()
	return nil
}

// findTask finds a task of any cluster. The caller holds the mutex.
func (s *Server) findTask(arn string) (*task, error) {
	for _, c := range s.clusters {
		for _, t := range c.tasks {
			if t.arn == arn {
				return t, nil
			}
		}
	}
	return nil, fmt.Errorf("no task %s", arn)
}
