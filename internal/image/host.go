package image

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	// looksPerHost is how many images one registry is asked about at a time for
	// one identity. A look makes one request after the other.
	looksPerHost = 4
	// restTime is how long a registry is left alone that wants fewer requests
	// and does not say for how long, maxRest how long at most.
	restTime = 5 * time.Second
	maxRest  = time.Hour
)

// host is a registry: whoever asks it takes a turn, and waits while it rests.
type host struct {
	turns *semaphore.Weighted
	users int // whoever has a turn or waits for one; under the mutex of hosts
	mu    sync.Mutex
	until time.Time
}

// rest has everybody with the same identity leave the registry alone until a time.
func (h *host) rest(until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if until.After(h.until) {
		h.until = until
	}
}

func (h *host) restsUntil() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.until
}

func (h *host) enter(ctx context.Context, now func() time.Time) error {
	if err := h.turns.Acquire(ctx, 1); err != nil {
		return unavailable(fmt.Sprintf("%d other images are being looked at in its registry, which answers slowly", looksPerHost))
	}
	if err := h.awaitRest(ctx, now); err != nil {
		h.turns.Release(1)
		return err
	}
	return nil
}

func (h *host) awaitRest(ctx context.Context, now func() time.Time) error {
	until := h.restsUntil()
	wait := until.Sub(now())
	if wait <= 0 {
		return nil
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait || !pause(ctx, wait) {
		fault := unavailable("its registry accepts no more requests until " + until.UTC().Format(time.RFC3339))
		fault.Until = until
		return fault
	}
	return nil
}

// pause reports whether the context lasted for a time.
func pause(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// retryAfter is when a registry may be asked again that wants fewer requests.
// Source: RFC 9110, section 10.2.3.
func retryAfter(response *http.Response, now time.Time) time.Time {
	value := response.Header.Get("Retry-After")
	until := now.Add(restTime)
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		until = now.Add(time.Duration(min(seconds, int(maxRest/time.Second))) * time.Second)
	} else if date, err := http.ParseTime(value); err == nil {
		until = date
	}
	if latest := now.Add(maxRest); until.After(latest) {
		return latest
	}
	return until
}
