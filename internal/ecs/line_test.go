package ecs

import (
	"context"
	"errors"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

// waiting is how many calls more than the line takes there are.
const waiting = 8

func TestLine_MoreCallsThanItIsWide_WaitForOneAnother(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	clients := &Clients{}
	for action, call := range map[string]func(context.Context) error{
		"StopTask": func(ctx context.Context) error { return clients.Stop(ctx, testLocation, "arn", "x") },
		"ListTasks": func(ctx context.Context) error {
			_, err := clients.FindByOwner(ctx, testLocation, Owner{Installation: "ours", UID: "uid"})
			return err
		},
	} {
		t.Run(action, func(t *testing.T) {
			env.Reset()
			env.FailNext(action, lineWidth+waiting, localecs.HangFault())
			ended := make(chan error, lineWidth+waiting)
			begin := func(calls int) context.CancelFunc {
				ctx, cancel := context.WithCancel(t.Context())
				for range calls {
					go func() { ended <- call(ctx) }()
				}
				return cancel
			}
			endFirst := begin(1)
			awaitCalls(t, env, action, 1)
			endOthers := begin(lineWidth + waiting - 1)
			defer endOthers()
			awaitCalls(t, env, action, lineWidth)
			endFirst()
			awaitCalls(t, env, action, lineWidth+1)
			if calls := env.Calls()[action]; calls != lineWidth+1 {
				t.Errorf("%d calls have begun after the end of one, want %d", calls, lineWidth+1)
			}
			endOthers()
			for range lineWidth + waiting {
				if err := bound.Value(t, ended, "the end of a call"); !errors.Is(err, context.Canceled) {
					t.Errorf("a call ended with %v", err)
				}
			}
		})
	}
}

func TestLine_StopsHang_LaunchesDoNotWait(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	clients := &Clients{}
	const stops = 2 * lineWidth // More than there are tokens for stops and launches.
	env.FailNext("StopTask", stops, localecs.HangFault())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, stops)
	for range stops {
		go func() { ended <- clients.Stop(ctx, testLocation, "arn", "x") }()
	}
	awaitCalls(t, env, "StopTask", lineWidth)
	mustLaunch(t, clients, testLaunch())
	if calls := env.Calls()["StopTask"]; calls != lineWidth {
		t.Errorf("%d stops have begun, want %d", calls, lineWidth)
	}
	cancel()
	for range stops {
		_ = bound.Value(t, ended, "the end of a stop")
	}
}

func TestLines_AccountsThatHaveLeft_AreForgotten(t *testing.T) {
	lines := &Lines{Width: 1}
	other := Location{Region: "eu-west-1"}
	leave, err := lines.Enter(t.Context(), testLocation)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lines.Enter(ctx, testLocation); !errors.Is(err, context.Canceled) {
		t.Errorf("another one has entered a line of one place: %v", err)
	}
	leaveOther, err := lines.Enter(t.Context(), other)
	if err != nil {
		t.Errorf("the line of another account: %v", err)
	}
	leave()
	if _, ok := lines.byAccount[accountOf(other)]; !ok || len(lines.byAccount) != 1 {
		t.Errorf("lines are kept of %v, want %v", lines.byAccount, other)
	}
	leaveOther()
	if len(lines.byAccount) != 0 {
		t.Errorf("lines are kept of %v", lines.byAccount)
	}
}
