package image

import (
	"strings"
	"time"

	"k8s.io/utils/lru"
)

// How long an answer is good for. A tag may be moved at any time, but the jobs of
// one pipeline start within a minute and are meant to run in the same image; after
// that a HEAD request finds out whether it was moved, which Docker Hub does not
// count as a pull. What a digest names never changes; whether it can still be
// read is known after a pull. An author who has pushed what was missing tries
// again at once, so refusals only absorb a burst.
const (
	tagTTL     = time.Minute
	digestTTL  = 12 * time.Hour
	refusalTTL = 5 * time.Second
)

// maxAnswers bounds the answers that are remembered, of maxDetails bytes each.
const maxAnswers = 1000

// key is what an answer depends on.
type key struct {
	host, name, identity string
	platform             Platform
}

func (k key) String() string {
	return strings.Join([]string{k.name, k.identity, string(k.platform)}, "\x00")
}

// answer is what came of a look.
type answer struct {
	// fault is why there are no details. Those of an earlier look stay: if the
	// name still stands for the same later on, they hold again.
	fault   *Error
	details *Details
	// top is the digest of what the name stands for, which may be an index.
	top   string
	until time.Time
}

// but is a refusal after an answer, which may be nil.
func (a *answer) but(fault *Error) answer {
	if a == nil {
		return answer{fault: fault}
	}
	return answer{fault: fault, details: a.details, top: a.top}
}

// answers remembers the latest ones.
type answers struct {
	known *lru.Cache
	now   func() time.Time
}

func newAnswers(now func() time.Time) *answers { return &answers{known: lru.New(maxAnswers), now: now} }

// get returns the last answer, or nil, and whether it is still good.
func (a *answers) get(k key) (last *answer, good bool) {
	known, _ := a.known.Get(k)
	last, ok := known.(*answer)
	return last, ok && a.now().Before(last.until)
}

// put remembers an answer for as long as it is good.
func (a *answers) put(k key, n Name, found answer) *answer {
	ttl := refusalTTL
	switch {
	case found.fault != nil:
	case n.digest != "":
		ttl = digestTTL
	default:
		ttl = tagTTL
	}
	found.until = a.now().Add(ttl)
	a.known.Add(k, &found)
	return &found
}
