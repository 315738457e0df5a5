package ecs

import (
	"context"
	"sort"
	"sync"
	"time"

	"github.com/go-logr/logr"
)

// maxBatch is how many tasks a DescribeTasks call takes. Source: DescribeTasks
// in the ECS API reference.
const maxBatch = 100

// maxBackOff is the longest pause after failed looks.
const maxBackOff = 30 * time.Second

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
	task := &watched{Watch: watch, due: time.Now().Add(o.cadence.Starting)}
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

// run looks whenever a task is due, until the context ends. After a failed
// look it pauses, doubling up to maxBackOff.
func (o *observer) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var pause time.Duration
	var resume time.Time
	for {
		if due, ok := o.firstDue(); ok {
			timer.Reset(max(time.Until(due), time.Until(resume)))
		}
		select {
		case <-ctx.Done():
			return
		case <-o.nudge:
			continue
		case <-timer.C:
		}
		if o.look(ctx) {
			pause = 0
			continue
		}
		pause = min(max(2*pause, time.Second), maxBackOff)
		resume = time.Now().Add(pause)
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

// look observes the tasks that are due and reports whether it could.
func (o *observer) look(ctx context.Context) bool {
	for _, batch := range o.dueBatches() {
		err := o.lookAt(ctx, batch)
		if ctx.Err() != nil {
			return true
		}
		if err != nil {
			o.log.Error(err, "Cannot observe tasks", "tasks", len(batch))
			o.failed(batch, err)
			return false
		}
	}
	return true
}

// dueBatches returns the tasks that are due in batches for one call each. What
// room the last batch has is filled with the tasks that are due next, since a
// call costs the same for one task and for a hundred.
func (o *observer) dueBatches() [][]string {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	queue := make([]*watched, 0, len(o.tasks))
	due := 0
	for _, task := range o.tasks {
		queue = append(queue, task)
		if !task.due.After(now) {
			due++
		}
	}
	sort.Slice(queue, func(i, j int) bool { return queue[i].due.Before(queue[j].due) })
	full := (due + maxBatch - 1) / maxBatch * maxBatch
	var batches [][]string
	for i, task := range queue[:min(full, len(queue))] {
		if i%maxBatch == 0 {
			batches = append(batches, nil)
		}
		batches[len(batches)-1] = append(batches[len(batches)-1], task.ARN)
	}
	return batches
}
