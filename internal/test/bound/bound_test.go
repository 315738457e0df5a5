package bound_test

import (
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
)

// recorder takes down what a test would end with.
type recorder struct {
	testing.TB
	message string
}

func (r *recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.message = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// messageOf is what a test ends with that does this.
func messageOf(do func(*recorder)) string {
	r := &recorder{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		do(r)
	}()
	<-ended
	return r.message
}

func TestValue_NothingComes_EndsTheTestWithASentence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		got := messageOf(func(r *recorder) { bound.Value(r, make(chan int), "the answer") })
		if want := "waited 1m0s for the answer, which did not come"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if waited := time.Since(began); waited != bound.Limit {
			t.Errorf("waited %s, want %s", waited, bound.Limit)
		}
	})
}

func TestValue_SomethingComes_IsReturned(t *testing.T) {
	answers := make(chan int, 1)
	answers <- 42
	if got := bound.Value(t, answers, "the answer"); got != 42 {
		t.Errorf("got %d", got)
	}
	close(answers)
	if got := bound.Value(t, answers, "the end of the answers"); got != 0 {
		t.Errorf("got %d from a closed channel", got)
	}
}

func TestEnd_FunctionHangs_EndsTheTestWithASentence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		got := messageOf(func(r *recorder) { bound.End(r, "the release", func() { <-release }) })
		if want := "waited 1m0s for the release, which did not come"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestEnd_FunctionReturns_GoesOn(t *testing.T) {
	called := false
	bound.End(t, "a function", func() { called = true })
	if !called {
		t.Error("it was not called")
	}
}
