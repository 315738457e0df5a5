package ecs

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

func TestTurns_ABurstIsSpreadByTheRate(t *testing.T) {
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	turns := newTurns(rate.NewLimiter(launchRate, launchBurst))
	for i := range 100 {
		want := now.Add(time.Duration(max(0, i-launchBurst+1)) * time.Second / launchRate)
		if at := turns.of(fmt.Sprint(i), now); at.Sub(want).Abs() > time.Millisecond {
			t.Errorf("launch %d has its turn at %s, want %s", i, at.Sub(now), want.Sub(now))
		}
	}
	if first, again := turns.of("99", now), turns.of("99", now.Add(time.Second)); !first.Equal(again) {
		t.Errorf("the turn of a launch moves from %s to %s", first, again)
	}
	if !turns.take("99") || turns.take("99") {
		t.Error("a turn can be taken once, and no more")
	}
	turns.of("new", now.Add(time.Hour))
	if len(turns.at) != 1 {
		t.Errorf("%d turns are kept, want the one of the launch that can still come", len(turns.at))
	}
}

func TestTurn_IsSpentByTheFirstTryOfACall(t *testing.T) {
	if spendTurn(t.Context()) {
		t.Error("a call without a turn has one")
	}
	ctx := withTurn(t.Context())
	if !spendTurn(ctx) || spendTurn(ctx) {
		t.Error("a turn is for one try")
	}
}

func TestLaunchTurn_ALaunchWithOneTakesNoTokenMore(t *testing.T) {
	limits := newLimiter()
	aws := &scripted{answers: []answer{started}}
	clients := aws.clients(limits)
	if _, err := clients.LaunchTurn(t.Context(), testLaunch()); err != nil {
		t.Fatal(err)
	}
	before := limits.launches.Tokens()
	if _, err := clients.Launch(t.Context(), testLaunch()); err != nil {
		t.Fatal(err)
	}
	if spent := before - limits.launches.Tokens(); spent > 0 {
		t.Errorf("the launch spent %v tokens besides the one of its turn", spent)
	}
}
