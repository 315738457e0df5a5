// Package fakecloud stands in for internal/ecs in tests that need no server: it
// keeps tasks in memory, gives the answers that a test has set, fails as often
// as it is told to, and counts its calls.
package fakecloud

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// Cloud answers as *ecs.Clients does. Its zero value is a cloud without tasks. The
// exported fields are not to be changed while it is in use.
type Cloud struct {
	// Definition is every task definition.
	Definition ecs.Definition
	// Turn is when it is the turn of every launch. Zero means at once.
	Turn time.Time
	// Lines are the end of every log.
	Lines []string

	mu     sync.Mutex
	faults map[string][]fault
	calls  map[string]int
	tasks  []*Task
	hidden bool
}

// Task is a task that was launched.
type Task struct {
	ARN    string
	Launch ecs.Launch
	// StopReason is why it was stopped, empty while it is to run.
	StopReason string
}

// Hide keeps tasks from being found, as ECS does for a moment after their launch,
// or shows them.
func (c *Cloud) Hide(hidden bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hidden = hidden
}

// Calls is how often a method was called.
func (c *Cloud) Calls(method string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[method]
}

// Tasks returns all tasks, in the order of their launch.
func (c *Cloud) Tasks() []Task {
	c.mu.Lock()
	defer c.mu.Unlock()
	var tasks []Task
	for _, task := range c.tasks {
		tasks = append(tasks, *task)
	}
	return tasks
}

// Running returns the ARNs of the tasks that nobody has stopped.
func (c *Cloud) Running() []string {
	var arns []string
	for _, task := range c.Tasks() {
		if task.StopReason == "" {
			arns = append(arns, task.ARN)
		}
	}
	return arns
}

// End ends a task as if its container had exited.
func (c *Cloud) End(arn string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stop(arn, "the container exited")
}

// TaskDefinition returns Definition.
func (c *Cloud) TaskDefinition(_ context.Context, _ ecs.Location, _ string) (ecs.Definition, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Definition, c.begin("TaskDefinition").err
}

// LaunchTurn returns Turn.
func (c *Cloud) LaunchTurn(_ context.Context, _ ecs.Launch) (time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Turn, c.begin("LaunchTurn").err
}

// Launch starts a task, or finds the one of an earlier launch with the same owner
// and attempt.
func (c *Cloud) Launch(_ context.Context, launch ecs.Launch) (*v1alpha1.TaskStatus, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fault := c.begin("Launch")
	if fault.err != nil && !fault.lost {
		return nil, fault.err
	}
	task := c.start(launch)
	if fault.err != nil {
		return nil, fault.err
	}
	return &v1alpha1.TaskStatus{ARN: task.ARN, LastStatus: ecs.Provisioning, DesiredStatus: ecs.Running}, nil
}

// FindByOwner returns the tasks of a job that are to run.
func (c *Cloud) FindByOwner(_ context.Context, _ ecs.Location, owner ecs.Owner) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if fault := c.begin("FindByOwner"); fault.err != nil {
		return nil, fault.err
	}
	var arns []string
	for _, task := range c.tasks {
		if !c.hidden && task.Launch.Owner == owner && task.StopReason == "" {
			arns = append(arns, task.ARN)
		}
	}
	return arns, nil
}

// Stop stops a task. One that does not exist needs no stop.
func (c *Cloud) Stop(_ context.Context, _ ecs.Location, arn, reason string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	fault := c.begin("Stop")
	if fault.err == nil || fault.lost {
		c.stop(arn, reason)
	}
	return fault.err
}

// LastLines returns Lines, at most limit of them.
func (c *Cloud) LastLines(_ context.Context, _ ecs.Location, _ ecs.LogStream, limit int32) ([]string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if fault := c.begin("LastLines"); fault.err != nil {
		return nil, fault.err
	}
	return c.Lines[max(0, len(c.Lines)-int(limit)):], nil
}

// start returns the task of an owner's attempt, which it starts once.
func (c *Cloud) start(launch ecs.Launch) *Task {
	for _, task := range c.tasks {
		if task.Launch.Owner == launch.Owner && task.Launch.Attempt == launch.Attempt {
			return task
		}
	}
	launch.Template = launch.Template.DeepCopy()
	task := &Task{ARN: fmt.Sprintf("arn:aws:ecs:us-east-1:123456789012:task/ci/%d", len(c.tasks)+1), Launch: launch}
	c.tasks = append(c.tasks, task)
	return task
}

func (c *Cloud) stop(arn, reason string) {
	for _, task := range c.tasks {
		if task.ARN == arn && task.StopReason == "" {
			task.StopReason = reason
		}
	}
}
