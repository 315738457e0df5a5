package ecs

import (
	"context"
	"errors"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

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
			env.FailNext(action, lineWidth, localecs.HangFault())
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			ended := make(chan error, lineWidth+1)
			for range lineWidth {
				go func() { ended <- call(ctx) }()
			}
			awaitCalls(t, env, action, lineWidth)

			canceled, stop := context.WithCancel(t.Context())
			stop()
			if err := call(canceled); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v from a call that is called off, want the context's error", err)
			}
			go func() { ended <- call(t.Context()) }()
			if calls := env.Calls()[action]; calls != lineWidth {
				t.Errorf("%d calls at a time, want %d", calls, lineWidth)
			}
			cancel()
			awaitCalls(t, env, action, lineWidth+1)
			for range lineWidth + 1 {
				_ = bound.Value(t, ended, "the end of a call")
			}
		})
	}
}

func TestLine_StopsHang_LaunchesDoNotWait(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	clients := &Clients{}
	env.FailNext("StopTask", lineWidth, localecs.HangFault())
	ctx, cancel := context.WithCancel(t.Context())
	const stops = 2 * lineWidth // More than there are tokens for stops and launches.
	ended := make(chan error, stops)
	for range stops {
		go func() { ended <- clients.Stop(ctx, testLocation, "arn", "x") }()
	}
	awaitCalls(t, env, "StopTask", lineWidth)
	mustLaunch(t, clients, testLaunch())
	cancel()
	for range stops {
		_ = bound.Value(t, ended, "the end of a stop")
	}
}
