package ecs

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

// shortTimeout ends hung requests soon. A slower machine only causes the SDK to
// ask again.
const shortTimeout = 500 * time.Millisecond

// sdkAttempts is how often the SDK sends a request.
const sdkAttempts = 3

// awaitCalls waits until an action has been called.
func awaitCalls(t *testing.T, env *localecstest.Env, action string, times int) {
	t.Helper()
	eventually.Shows(t, fmt.Sprintf("%s is called %d times", action, times), func() (bool, string) {
		calls := env.Calls()[action]
		return calls >= times, fmt.Sprintf("%d calls", calls)
	})
}

func TestCalls_NoAnswer_FailAndMayBeTriedAgain(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	env.FailNext("DescribeTaskDefinition", sdkAttempts, localecs.HangFault())
	_, err := (&Clients{timeout: shortTimeout}).TaskDefinition(t.Context(), testLocation, "ci:1")
	var fault *Error
	if !errors.As(err, &fault) || fault.Class != RetrySame {
		t.Errorf("got %v, want an error that may pass", err)
	}
}

func TestTaskDefinition_Remembered_IsThereWhileAnotherLookUpHangs(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	clients := &Clients{}
	want, err := clients.TaskDefinition(t.Context(), testLocation, "ci:1")
	if err != nil {
		t.Fatal(err)
	}
	env.FailNext("DescribeTaskDefinition", sdkAttempts, localecs.HangFault())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	hung := make(chan error, 1)
	go func() {
		_, err := clients.TaskDefinition(ctx, testLocation, "another")
		hung <- err
	}()
	awaitCalls(t, env, "DescribeTaskDefinition", 2)

	got, err := clients.TaskDefinition(t.Context(), testLocation, "ci:1")
	if err != nil || got.ARN != want.ARN {
		t.Errorf("got %s, %v; want %s", got.ARN, err, want.ARN)
	}
	select {
	case err := <-hung:
		t.Errorf("the look-up that hangs ended with %v", err)
	default:
	}
	cancel()
	if err := bound.Value(t, hung, "the end of the look-up that hangs"); !errors.Is(err, context.Canceled) {
		t.Errorf("the look-up that hangs ended with %v, want the context's error", err)
	}
}

func TestTaskDefinition_FirstCallerLeaves_OthersGetTheAnswer(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	clients := &Clients{timeout: shortTimeout}
	env.FailNext("DescribeTaskDefinition", 1, localecs.HangFault())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first := make(chan error, 1)
	go func() {
		_, err := clients.TaskDefinition(ctx, testLocation, "ci:1")
		first <- err
	}()
	awaitCalls(t, env, "DescribeTaskDefinition", 1)
	second := make(chan error, 1)
	go func() {
		_, err := clients.TaskDefinition(t.Context(), testLocation, "ci:1")
		second <- err
	}()
	cancel()
	if err := bound.Value(t, first, "the end of the first look-up"); !errors.Is(err, context.Canceled) {
		t.Errorf("the first look-up ended with %v, want the context's error", err)
	}
	if err := bound.Value(t, second, "the end of the second look-up"); err != nil {
		t.Errorf("the second look-up failed with the first: %v", err)
	}
}

func TestObservers_NoAnswer_GoOn(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	watch := mustLaunch(t, &Clients{}, testLaunch())
	env.FailNext("DescribeTasks", sdkAttempts, localecs.HangFault())
	observers := startObservers(t, &Clients{timeout: shortTimeout})
	await(t, observers, watch, func(o Observation) bool { return o.Err != nil })
	await(t, observers, watch, func(o Observation) bool { return o.Err == nil && o.Task.LastStatus == Running })
}
