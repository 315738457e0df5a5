package ecs

import (
	"context"
	"math"
	"sort"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/util/wait"
)

// maxBatch is how many tasks a DescribeTasks call takes. Source: DescribeTasks
// in the ECS API reference.
const maxBatch = 100

// failurePauses are the pauses before a task is looked at again whose looks fail.
var failurePauses = wait.Backoff{Duration: time.Second, Factor: 2, Cap: 30 * time.Second, Steps: math.MaxInt32}

// observer looks at the tasks of one Location.
type observer struct {
	location Location
	clients  *Clients
	cadence  Cadence
	log      logr.Logger
	stop     context.CancelFunc
	nudge    chan struct{}

	mu    sync.Mutex
	tasks map[string]*watched
}

func newObserver(o *Observers, location Location) *observer {
	return &observer{
		location: location,
		clients:  o.clients,
		cadence:  o.cadence,
		log:      o.log.WithValues("region", location.Region, "cluster", location.Cluster),
		stop:     func() {},
		nudge:    make(chan struct{}, 1),
		tasks:    map[string]*watched{},
	}
}

// add begins to watch a task. RunTask has told its state a moment ago, so that
// the first look has time to be shared with other tasks.
func (o *observer) add(watch Watch) {
	o.mu.Lock()
	task := &watched{Watch: watch, pauses: failurePauses, due: time.Now().Add(o.cadence.Starting)}
	task.latest.Task.ARN = watch.ARN
	o.tasks[watch.ARN] = task
	o.mu.Unlock()
	select {
	case o.nudge <- struct{}{}:
	default:
	}
}

// remove forgets a task and returns how many remain.
func (o *observer) remove(arn string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.tasks, arn)
	return len(o.tasks)
}

func (o *observer) latest(arn string) (Observation, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	task, ok := o.tasks[arn]
	if !ok || !task.known {
		return Observation{}, false
	}
	return task.latest, true
}

// run looks whenever a task is due, until the context ends.
func (o *observer) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		if due, ok := o.firstDue(); ok {
			timer.Reset(time.Until(due))
		}
		select {
		case <-ctx.Done():
			return
		case <-o.nudge:
		case <-timer.C:
			o.look(ctx)
		}
	}
}

// firstDue is when the first task is due, or false if there is none.
func (o *observer) firstDue() (time.Time, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var first time.Time
	for _, task := range o.tasks {
		if first.IsZero() || task.due.Before(first) {
			first = task.due
		}
	}
	return first, !first.IsZero()
}

// look observes the tasks that are due. A batch that fails keeps no other from
// being looked at.
func (o *observer) look(ctx context.Context) {
	for _, batch := range o.dueBatches() {
		o.lookAt(ctx, batch)
		if ctx.Err() != nil {
			return
		}
	}
}

// dueBatches returns the tasks that are due in batches for one call each. What
// room the last batch has is filled with the tasks that are due next, since a
// call costs the same for one task and for a hundred. A task that ECS has refused
// to describe gets a call of its own.
func (o *observer) dueBatches() [][]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	queue := make([]*watched, 0, len(o.tasks))
	var batches [][]string
	due := 0
	for _, task := range o.tasks {
		isDue := !task.due.After(now)
		switch {
		case !task.alone:
			queue = append(queue, task)
			if isDue {
				due++
			}
		case isDue:
			batches = append(batches, []string{task.ARN})
		}
	}
	alone := len(batches)
	sort.Slice(queue, func(i, j int) bool { return queue[i].due.Before(queue[j].due) })
	full := (due + maxBatch - 1) / maxBatch * maxBatch
	for i, task := range queue[:min(full, len(queue))] {
		if i%maxBatch == 0 {
			batches = append(batches, nil)
		}
		batches[alone+i/maxBatch] = append(batches[alone+i/maxBatch], task.ARN)
	}
	return batches
}
