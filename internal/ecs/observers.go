package ecs

import (
	"context"
	"errors"
	"sync"

	"github.com/go-logr/logr"
)

// Observers look at all watched tasks in batches. Each Location in use has one
// observer, which starts with its first task and ends with its last.
type Observers struct {
	clients *Clients
	cadence Cadence
	log     logr.Logger

	mu      sync.Mutex
	ctx     context.Context // the life of the observers, nil before and after it
	tasks   map[string]*observer
	running map[Location]*observer
	group   sync.WaitGroup
}

// NewObservers returns observers that look at the given cadence. They start
// with Start.
func NewObservers(clients *Clients, cadence Cadence, log logr.Logger) *Observers {
	return &Observers{
		clients: clients,
		cadence: cadence,
		log:     log,
		tasks:   map[string]*observer{},
		running: map[Location]*observer{},
	}
}

// Start observes until the context ends and returns nil. Tasks that are watched
// before Start are observed from then on. It is an error to start observers
// that are running.
func (o *Observers) Start(ctx context.Context) error {
	o.mu.Lock()
	if o.ctx != nil {
		o.mu.Unlock()
		return errors.New("starting the observers: they run already")
	}
	o.ctx = ctx
	for _, observer := range o.running {
		o.launch(ctx, observer)
	}
	o.mu.Unlock()

	<-ctx.Done()
	// From here on, no task starts an observer, so that all observers can be
	// waited for.
	o.mu.Lock()
	o.ctx = nil
	o.mu.Unlock()
	o.group.Wait()
	return nil
}

// Watch begins to observe a task. It has no effect for a task that is already
// watched.
func (o *Observers) Watch(watch Watch) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.tasks[watch.ARN]; ok {
		return
	}
	observing, ok := o.running[watch.Location]
	if !ok {
		observing = newObserver(o, watch.Location)
		o.running[watch.Location] = observing
		if o.ctx != nil {
			o.launch(o.ctx, observing)
		}
	}
	o.tasks[watch.ARN] = observing
	observing.add(watch)
}

// Latest returns the last observation of a task, or false if there is none.
func (o *Observers) Latest(arn string) (Observation, bool) {
	o.mu.Lock()
	observing := o.tasks[arn]
	o.mu.Unlock()
	if observing == nil {
		return Observation{}, false
	}
	return observing.latest(arn)
}

// Forget ends the observation of a task.
func (o *Observers) Forget(arn string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	observing := o.tasks[arn]
	if observing == nil {
		return
	}
	delete(o.tasks, arn)
	if observing.remove(arn) == 0 {
		delete(o.running, observing.location)
		observing.stop()
	}
}

// launch runs an observer. The caller holds the lock.
func (o *Observers) launch(ctx context.Context, observing *observer) {
	ctx, cancel := context.WithCancel(ctx)
	observing.stop = cancel
	o.group.Go(func() { observing.run(ctx) })
}
