// Package eventually waits in tests for what other goroutines, processes or
// servers bring about.
//
// A failure ends with what was waited for, in the words of the caller: name it
// as a state, such as "the task is stopped".
package eventually

import (
	"testing"
	"time"
)

// Patience bounds every wait: what takes longer is broken.
const Patience = time.Minute

// interval is the pause between two looks. A look may be a request.
const interval = 5 * time.Millisecond

// Holds waits until a condition holds, or ends the test.
func Holds(t testing.TB, what string, holds func() bool) {
	t.Helper()
	Shows(t, what, func() (bool, string) { return holds(), "" })
}

// Check is Holds for other goroutines than the test's, which cannot end it: the
// test goes on as failed.
func Check(t testing.TB, what string, holds func() bool) {
	t.Helper()
	if _, ok := poll(func() (bool, string) { return holds(), "" }); !ok {
		t.Errorf("not within %s: %s", Patience, what)
	}
}

// Succeeds waits until a try has no error, or ends the test with the last one.
func Succeeds(t testing.TB, what string, try func() error) {
	t.Helper()
	Shows(t, what, func() (bool, string) {
		if err := try(); err != nil {
			return false, err.Error()
		}
		return true, ""
	})
}

// Shows waits until a look shows that a condition holds, or ends the test with
// what the last look has shown instead.
func Shows(t testing.TB, what string, look func() (holds bool, seen string)) {
	t.Helper()
	seen, ok := poll(look)
	switch {
	case ok:
	case seen == "":
		t.Fatalf("not within %s: %s", Patience, what)
	default:
		t.Fatalf("seen last: %s\nnot within %s: %s", seen, Patience, what)
	}
}

// poll looks until a condition holds, and at least once.
func poll(look func() (bool, string)) (seen string, ok bool) {
	end := time.Now().Add(Patience)
	for {
		if ok, seen = look(); ok || time.Now().After(end) {
			return seen, ok
		}
		<-time.After(interval)
	}
}
