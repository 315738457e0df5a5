package fakecloud

import (
	"maps"
	"slices"
	"sync"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// Observers have seen what a test shows them. The zero value has seen nothing.
type Observers struct {
	mu      sync.Mutex
	watches map[string]ecs.Watch
	seen    map[string]ecs.Observation
}

// Show sets the latest observation of a task and wakes who watches it.
func (o *Observers) Show(seen ecs.Observation) {
	o.mu.Lock()
	if o.seen == nil {
		o.seen = map[string]ecs.Observation{}
	}
	arn := seen.Task.ARN
	o.seen[arn] = seen
	watch, watched := o.watches[arn]
	o.mu.Unlock()
	if watched {
		watch.Changed()
	}
}

// Restart ends all watches, as the end of their process does.
func (o *Observers) Restart() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.watches = nil
}

// Watched returns the tasks that are watched, in the order of their ARNs.
func (o *Observers) Watched() []ecs.Watch {
	o.mu.Lock()
	defer o.mu.Unlock()
	var watches []ecs.Watch
	for _, arn := range slices.Sorted(maps.Keys(o.watches)) {
		watches = append(watches, o.watches[arn])
	}
	return watches
}

// Watch begins to watch a task.
func (o *Observers) Watch(watch ecs.Watch) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.watches == nil {
		o.watches = map[string]ecs.Watch{}
	}
	if _, ok := o.watches[watch.ARN]; !ok {
		o.watches[watch.ARN] = watch
	}
}

// Latest returns what was shown last of a task that is watched.
func (o *Observers) Latest(arn string) (ecs.Observation, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	seen, ok := o.seen[arn]
	_, watched := o.watches[arn]
	return seen, ok && watched
}

// Forget ends the watch of a task.
func (o *Observers) Forget(arn string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.watches, arn)
}
