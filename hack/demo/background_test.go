package main

import (
	"context"
	"errors"
	"testing"
)

func TestBackground_Fails_WaitReturnsTheError(t *testing.T) {
	failure := errors.New("no compiler")
	b := startInBackground(t.Context(), func(context.Context) error { return failure })
	if err := b.wait(); !errors.Is(err, failure) {
		t.Errorf("got %v, want %v", err, failure)
	}
	if !b.finished() {
		t.Error("it is not finished after the wait")
	}
}

func TestBackground_Stopped_EndsTheWork(t *testing.T) {
	b := startInBackground(t.Context(), func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	if b.finished() {
		t.Error("it is finished before it is stopped")
	}
	b.stop()
	if err := b.wait(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was canceled", err)
	}
}
