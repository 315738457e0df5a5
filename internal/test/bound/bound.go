// Package bound bounds what tests wait for: a test that hangs ends with a
// sentence, and not minutes later with the stacks of all goroutines.
package bound

import (
	"testing"
	"time"
)

// Limit is far more than anything takes that a test waits for, on a busy machine
// too.
const Limit = time.Minute

// Value receives from a channel; from a closed one it is the zero value. The
// test ends if nothing comes. What names the thing that is awaited. Only the
// test's own goroutine may call it.
func Value[T any](t testing.TB, from <-chan T, what string) T {
	t.Helper()
	return ValueWithin(t, Limit, from, what)
}

// ValueWithin is Value with a limit of the test's own, for example one of the time
// in a synctest bubble.
func ValueWithin[T any](t testing.TB, limit time.Duration, from <-chan T, what string) T {
	t.Helper()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case value := <-from:
		return value
	case <-timer.C:
		t.Fatalf("waited %s for %s, which did not come", limit, what)
		panic("not reached")
	}
}

// End calls a function and waits until it returns. The test ends if it does not.
// What names the thing that the function does or waits for.
func End(t testing.TB, what string, do func()) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		do()
	}()
	Value(t, ended, what)
}
