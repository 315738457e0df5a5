package eventually_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

// recorder is a test that notes how it failed.
type recorder struct {
	testing.TB
	failure string
	ended   bool
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) { r.failure = fmt.Sprintf(format, args...) }

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	r.ended = true
	runtime.Goexit()
}

// run runs a wait in a test of its own, on a clock of its own.
func run(t *testing.T, wait func(*recorder)) *recorder {
	t.Helper()
	r := &recorder{}
	synctest.Test(t, func(*testing.T) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			wait(r)
		}()
		<-done
	})
	return r
}

func TestWaits_ConditionHoldsInTheEnd_GoOn(t *testing.T) {
	looks := 0
	later := func() bool {
		looks++
		return looks%7 == 0
	}
	for name, wait := range map[string]func(*recorder){
		"Holds": func(r *recorder) { eventually.Holds(r, "x", later) },
		"Check": func(r *recorder) { eventually.Check(r, "x", later) },
		"Shows": func(r *recorder) { eventually.Shows(r, "x", func() (bool, string) { return later(), "y" }) },
		"Succeeds": func(r *recorder) {
			eventually.Succeeds(r, "x", func() error {
				if later() {
					return nil
				}
				return errors.New("not yet")
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := run(t, wait); got.failure != "" {
				t.Errorf("the test failed with %q", got.failure)
			}
		})
	}
}

func TestWaits_ConditionNeverHolds_SayLastWhatWasWaitedFor(t *testing.T) {
	const end = "not within 1m0s: the task is stopped"
	const what = "the task is stopped"
	never := func() bool { return false }
	type outcome struct {
		Failure string
		Ended   bool
	}
	for name, test := range map[string]struct {
		wait func(*recorder)
		want outcome
	}{
		"Holds":    {func(r *recorder) { eventually.Holds(r, what, never) }, outcome{end, true}},
		"Check":    {func(r *recorder) { eventually.Check(r, what, never) }, outcome{end, false}},
		"Shows":    {func(r *recorder) { eventually.Shows(r, what, func() (bool, string) { return false, "RUNNING" }) }, outcome{"seen last: RUNNING\n" + end, true}},
		"Succeeds": {func(r *recorder) { eventually.Succeeds(r, what, func() error { return errors.New("it runs") }) }, outcome{"seen last: it runs\n" + end, true}},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, test.wait)
			if diff := cmp.Diff(test.want, outcome{got.failure, got.ended}); diff != "" {
				t.Errorf("the failure differs (-want +got):\n%s", diff)
			}
		})
	}
}
