package image

import (
	"context"
	"time"

	"golang.org/x/sync/singleflight"
)

const (
	// lookLimit is how long a look may take, in which a registry is asked at most
	// maxTries times.
	lookLimit = 10 * time.Second
	maxTries  = 3
)

// firstPause is the pause before the second try; that before the third is twice as
// long.
const firstPause = 300 * time.Millisecond

// Config says how to reach registries, on top of what the environment says:
// HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE.
type Config struct {
	// CABundle is a PEM file with certificate authorities that are trusted in
	// addition to the system's. Empty means none. Fargate does not know them.
	CABundle string
	// Loopback allows registries on this machine, which only tests and a demo
	// have.
	Loopback bool
}

// Registries looks at images. Its methods may be called concurrently.
type Registries struct {
	routes  *routes
	hosts   *hosts
	answers *answers
	flights singleflight.Group
	now     func() time.Time
	limit   time.Duration
	pause   time.Duration
}

// NewRegistries fails if the configuration's file cannot be read.
func NewRegistries(cfg Config) (*Registries, error) {
	routes, err := newRoutes(cfg)
	if err != nil {
		return nil, err
	}
	return &Registries{
		routes: routes, hosts: newHosts(), answers: newAnswers(time.Now), now: time.Now, limit: lookLimit, pause: firstPause,
	}, nil
}

// Query is a question about an image.
type Query struct {
	// Image is its name as the author of a job wrote it, after its variables
	// were expanded.
	Image    string
	Platform Platform
	// Rewrites and Credentials are those of the job's class.
	Rewrites    Rewrites
	Credentials Credentials
}

// Look returns what a registry says about an image, within ten seconds. Errors
// are *Error, or the context's: that ends the caller's wait only, and the answer
// to a look that has begun is kept for others.
func (r *Registries) Look(ctx context.Context, q Query) (*Details, error) {
	t, err := newTarget(q)
	if err != nil {
		return nil, err
	}
	if last, good := r.answers.get(t.key); good {
		return last.to(q.Image, t.pulled)
	}
	flight := r.flights.DoChan(t.key.String(), func() (any, error) {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.limit)
		defer cancel()
		return r.ask(bounded, t), nil
	})
	select {
	case landed := <-flight:
		found, ok := landed.Val.(*answer)
		if !ok {
			return nil, landed.Err
		}
		return found.to(q.Image, t.pulled)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// to is the answer for one who has asked under a name of their own.
func (a *answer) to(written string, pulled Name) (*Details, error) {
	if a.fault != nil {
		return nil, a.fault.named(written, pulled)
	}
	return a.details, nil
}

// target is an image to look at.
type target struct {
	key         key
	pulled      Name
	credentials Credentials
}

func newTarget(q Query) (target, error) {
	named, err := Parse(q.Image)
	if err != nil {
		return target{}, err
	}
	pulled, err := q.Rewrites.Apply(named)
	if err != nil {
		return target{}, err
	}
	t := target{key: key{host: pulled.host, name: pulled.String(), platform: q.Platform}, pulled: pulled, credentials: q.Credentials}
	if q.Credentials != nil {
		t.key.identity = q.Credentials.Identity(pulled)
	}
	return t, nil
}

func (t target) login(ctx context.Context) (Login, error) {
	if t.credentials == nil {
		return Login{}, nil
	}
	return t.credentials.Login(ctx, t.pulled)
}

// ask asks the registry, again if that may help, and remembers the answer.
func (r *Registries) ask(ctx context.Context, t target) *answer {
	last, good := r.answers.get(t.key)
	if good {
		return last // of a look that ended a moment ago
	}
	wait := r.pause
	for tries := 1; ; tries++ {
		found, err := r.try(ctx, t, last)
		if err == nil {
			return r.answers.put(t.key, t.pulled, *found)
		}
		if tries == maxTries || !isPassing(err) || !pause(ctx, wait) {
			return r.answers.put(t.key, t.pulled, last.but(faultOf(err)))
		}
		wait *= 2
	}
}
