package registry

import (
	"context"
	"maps"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/image"
)

// readLimit is how long AWS may take to answer: images are looked at for ten
// seconds.
const readLimit = 10 * time.Second

// Logins reads logins in AWS, and remembers them. Its methods may be called
// concurrently.
type Logins struct {
	clients *ecs.Clients
	allowed []Allowed
	reads   singleflight.Group
	now     func() time.Time

	mu    sync.Mutex
	known map[string]remembered
}

type remembered struct {
	login image.Login
	until time.Time
}

// New returns Logins that call AWS as the clients do, and read the secrets that are
// allowed: without any, none. It fails if a host in the list is not valid.
func New(clients *ecs.Clients, allowed []Allowed) (*Logins, error) {
	checked, err := checkAllowed(allowed)
	if err != nil {
		return nil, err
	}
	return &Logins{clients: clients, allowed: checked, now: time.Now, known: map[string]remembered{}}, nil
}

// get returns a login that is remembered, or reads it. Those who want the same
// one share a call, which lasts until its own limit: a caller who leaves takes
// it from nobody.
func (l *Logins) get(ctx context.Context, key string, read func(context.Context) (remembered, error)) (image.Login, error) {
	if login, ok := l.recall(key); ok {
		return login, nil
	}
	reading := l.reads.DoChan(key, func() (any, error) {
		if login, ok := l.recall(key); ok {
			return login, nil
		}
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), readLimit)
		defer cancel()
		found, err := read(bounded)
		if err != nil {
			return image.Login{}, err
		}
		l.remember(key, found)
		return found.login, nil
	})
	select {
	case result := <-reading:
		login, _ := result.Val.(image.Login)
		return login, result.Err
	case <-ctx.Done():
		return image.Login{}, ctx.Err()
	}
}

func (l *Logins) recall(key string) (image.Login, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known, ok := l.known[key]
	return known.login, ok && l.now().Before(known.until)
}

func (l *Logins) remember(key string, found remembered) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.known, func(_ string, r remembered) bool { return !l.now().Before(r.until) })
	l.known[key] = found
}

// denied is about a secret that tasks cannot pull with either. What AWS refuses
// the controller says nothing about tasks, and is no *image.Error.
func denied(problem, fix, detail string) *image.Error {
	return &image.Error{Reason: image.Denied, Problem: problem, Fix: fix, Detail: detail}
}
