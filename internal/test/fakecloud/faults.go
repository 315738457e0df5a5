package fakecloud

import (
	"context"
	"slices"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// fault is what one call ends with. It is lost if the call did what it was asked
// for before.
type fault struct {
	err  error
	lost bool
}

// Fail makes the next calls of a method, such as "Launch", fail with err, after
// those that are to fail already. A nil err lets calls through.
func (c *Cloud) Fail(method string, times int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.addFaults(method, times, fault{err: err})
}

// LoseAnswers makes the next calls of a method do what they are asked for and
// fail all the same, after those that are to fail already.
func (c *Cloud) LoseAnswers(method string, times int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.addFaults(method, times, fault{err: LostAnswer(), lost: true})
}

// CallOff makes the next calls of a method do what they are asked for and fail
// with the context's error, since the caller did not wait for the answer, after
// those that are to fail already.
func (c *Cloud) CallOff(method string, times int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.addFaults(method, times, fault{err: context.Canceled, lost: true})
}

// LostAnswer is the error of a call that got no answer.
func LostAnswer() *ecs.Error {
	return &ecs.Error{Class: ecs.RetrySame, Reason: v1alpha1.ReasonRetrying, Message: "AWS could not be reached", AnswerLost: true}
}

// Recover ends all faults.
func (c *Cloud) Recover() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = nil
}

// begin counts a call and says how it ends. The caller holds the lock.
func (c *Cloud) begin(method string) fault {
	if c.calls == nil {
		c.calls = map[string]int{}
	}
	c.calls[method]++
	faults := c.faults[method]
	if len(faults) == 0 {
		return fault{}
	}
	c.faults[method] = faults[1:]
	return faults[0]
}

func (c *Cloud) addFaults(method string, times int, next fault) {
	if c.faults == nil {
		c.faults = map[string][]fault{}
	}
	c.faults[method] = append(c.faults[method], slices.Repeat([]fault{next}, times)...)
}
