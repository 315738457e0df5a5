package localecs

import (
	"maps"
	"sync"
)

// callCounter counts calls per action.
type callCounter struct {
	mu       sync.Mutex
	byAction map[string]int
}

func newCallCounter() *callCounter { return &callCounter{byAction: make(map[string]int)} }

func (c *callCounter) count(action string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byAction[action]++
}

func (c *callCounter) counts() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.byAction)
}

func (c *callCounter) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.byAction)
}
