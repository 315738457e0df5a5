package ecs

import (
	"cmp"
	"context"
	"sync"
)

// lineWidth is how many calls of one kind an account has in progress at a time.
// AWS answers them in less than a second, and takes no more than that many a
// second. If more of them waited for tokens, what people wait for and takes its
// tokens from the same bucket would wait behind them all.
const lineWidth = 32

// Lines are where calls of one kind wait for one another, those of each account in
// a line of their own: an account that does not answer holds up no other. The zero
// value is ready to use.
type Lines struct {
	// Width is how many calls of an account are in progress at a time. Zero means 32.
	Width int

	mu        sync.Mutex
	byAccount map[account]*line // of those that have somebody in them
}

// line is the line of one account.
type line struct {
	places  chan struct{}
	members int // who wait or have a place
}

// Enter waits until a call for a Location may begin, and returns what ends it. It
// fails with the context's error.
func (l *Lines) Enter(ctx context.Context, loc Location) (leave func(), err error) {
	key := accountOf(loc)
	entered := l.join(key)
	select {
	case entered.places <- struct{}{}:
		return func() {
			<-entered.places
			l.quit(key)
		}, nil
	case <-ctx.Done():
		l.quit(key)
		return nil, ctx.Err()
	}
}

func (l *Lines) join(key account) *line {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byAccount == nil {
		l.byAccount = map[account]*line{}
	}
	joined := l.byAccount[key]
	if joined == nil {
		joined = &line{places: make(chan struct{}, cmp.Or(l.Width, lineWidth))}
		l.byAccount[key] = joined
	}
	joined.members++
	return joined
}

// quit forgets a line once nobody is in it.
func (l *Lines) quit(key account) {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := l.byAccount[key]
	if left.members--; left.members == 0 {
		delete(l.byAccount, key)
	}
}
