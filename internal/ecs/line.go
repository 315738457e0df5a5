package ecs

import "context"

// lineWidth is how many calls of one kind an account has in progress at a time.
// AWS answers them in less than a second, and takes no more than that many a
// second. If more of them waited for tokens, what people wait for and takes its
// tokens from the same bucket would wait behind them all.
const lineWidth = 32

// line is where calls of one kind wait for one another.
type line chan struct{}

func newLine() line { return make(line, lineWidth) }

// enter waits until the call may begin, and returns what ends it. It fails with
// the context's error.
func (l line) enter(ctx context.Context) (leave func(), err error) {
	select {
	case l <- struct{}{}:
		return func() { <-l }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
