package main

import "context"

// background is work that goes on while a job runs.
type background struct {
	cancel context.CancelFunc
	done   chan struct{} // closed once err is set
	err    error
}

func startInBackground(ctx context.Context, work func(context.Context) error) *background {
	ctx, cancel := context.WithCancel(ctx)
	b := &background{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(b.done)
		b.err = work(ctx)
	}()
	return b
}

// finished reports whether there is nothing left to wait for.
func (b *background) finished() bool {
	select {
	case <-b.done:
		return true
	default:
		return false
	}
}

// wait returns when the work has ended, with its error.
func (b *background) wait() error {
	<-b.done
	return b.err
}

// stop ends the work and returns when it has.
func (b *background) stop() {
	b.cancel()
	<-b.done
}
