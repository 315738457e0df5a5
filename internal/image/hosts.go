package image

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// maxLooks is how many images are looked at at a time: each takes some
	// megabytes if its registry wants it to.
	maxLooks = 16
	// maxHosts bounds the registries that are remembered while nobody asks them:
	// authors name them.
	maxHosts = 1000
)

// hosts are the registries that have been asked, each apart for every identity:
// what one class is refused for asking too often, another may still ask.
type hosts struct {
	all   *semaphore.Weighted
	mu    sync.Mutex
	known map[string]*host
}

func newHosts() *hosts {
	return &hosts{all: semaphore.NewWeighted(maxLooks), known: map[string]*host{}}
}

// enter waits for a turn, which the caller has to end with leave. It fails with
// *Error if none can come before the context's deadline.
func (h *hosts) enter(ctx context.Context, k key, now func() time.Time) (*host, error) {
	entered := h.use(k, now())
	if err := entered.enter(ctx, now); err != nil {
		h.unuse(entered)
		return nil, err
	}
	if err := h.all.Acquire(ctx, 1); err != nil {
		entered.turns.Release(1)
		h.unuse(entered)
		return nil, unavailable(fmt.Sprintf("%d other images are being looked at, in registries that answer slowly", maxLooks))
	}
	return entered, nil
}

func (h *hosts) leave(entered *host) {
	h.all.Release(1)
	entered.turns.Release(1)
	h.unuse(entered)
}

func (h *hosts) use(k key, now time.Time) *host {
	h.mu.Lock()
	defer h.mu.Unlock()
	name := k.host + "\x00" + k.identity
	used := h.known[name]
	if used == nil {
		h.makeRoom(now)
		used = &host{turns: semaphore.NewWeighted(looksPerHost)}
		h.known[name] = used
	}
	used.users++
	return used
}

func (h *hosts) unuse(used *host) {
	h.mu.Lock()
	defer h.mu.Unlock()
	used.users--
}

// makeRoom forgets registries that nobody asks, and those at rest only if there
// are too many of them: that costs a request which is refused.
func (h *hosts) makeRoom(now time.Time) {
	for _, alsoAtRest := range []bool{false, true} {
		if len(h.known) < maxHosts {
			return
		}
		maps.DeleteFunc(h.known, func(_ string, known *host) bool {
			return known.users == 0 && (alsoAtRest || !known.restsUntil().After(now))
		})
	}
}
