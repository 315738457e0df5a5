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

// failurePauses are the pauses before looking again at a task whose looks fail.
var failurePauses = wait.Backoff{Duration: time.Second, Factor: 2, Cap: 30 * time.Second, Steps: math.MaxInt32}

// observer looks at the tasks of one Location.
type observer struct {
	location Location
	clients  *Clients
	cadence  Cadence
	log      logr.Logger
	stop     context.CancelFunc
	nudge    chan struct{}
	calls    sync.WaitGroup // looks in progress

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

// add begins to watch a task. RunTask has just reported its state, so the first
// look has time to be shared with other tasks.
func (o *observer) add(watch Watch) {
	o.mu.Lock()
	task := &watched{Watch: watch, pauses: failurePauses, due: time.Now().Add(o.cadence.Starting)}
	task.latest.Task.ARN = watch.ARN
	o.tasks[watch.ARN] = task
	o.mu.Unlock()
	o.reschedule()
}

// reschedule makes run check again which task is due first.
func (o *observer) reschedule() {
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
	defer o.calls.Wait()
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
		if !task.looking && (first.IsZero() || task.due.Before(first)) {
			first = task.due
		}
	}
	return first, !first.IsZero()
}

// look starts to observe the tasks that are due. It does not wait: a call that
// fails or hangs does not block other batches, now or later.
func (o *observer) look(ctx context.Context) {
	for _, batch := range o.dueBatches() {
		o.calls.Go(func() {
			o.lookAt(ctx, batch)
			o.looked(batch)
		})
	}
}

// looked records that a look has ended, so that its tasks can become due again.
func (o *observer) looked(batch []string) {
	o.mu.Lock()
	for _, arn := range batch {
		if task, ok := o.tasks[arn]; ok {
			task.looking = false
		}
	}
	o.mu.Unlock()
	o.reschedule()
}

// dueBatches takes the tasks that are due, in batches for one call each. Room
// left in the last batch is filled with the tasks that are due next, since a
// call costs the same for one task and for a hundred. A task that ECS has
// refused to describe gets its own call.
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
		case task.looking:
		case !task.alone:
			queue = append(queue, task)
			if isDue {
				due++
			}
		case isDue:
			task.looking = true
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
		task.looking = true
		batches[alone+i/maxBatch] = append(batches[alone+i/maxBatch], task.ARN)
	}
	return batches
}
