package ecs

import (
	"errors"
	"testing"
	"time"
)

func TestDenial_IsBelievedAfterAWhile(t *testing.T) {
	refused := &Error{Class: Terminal, Reason: "AccessDenied", Message: "no"}
	passing := &Error{Class: RetrySame, Reason: "Retrying", Message: "away"}
	start := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	var d denial
	for _, look := range []struct {
		after    time.Duration
		err      error
		terminal bool
	}{
		{0, refused, false},
		{29 * time.Second, refused, false},
		{30 * time.Second, refused, true},
		{31 * time.Second, passing, false},
		{32 * time.Second, refused, false}, // It begins again.
		{62 * time.Second, refused, true},
		{63 * time.Second, nil, false},
		{64 * time.Second, refused, false},
	} {
		got := d.believe(look.err, start.Add(look.after), 30*time.Second)
		if isTerminal(got) != look.terminal {
			t.Errorf("after %s: terminal %t, want %t", look.after, isTerminal(got), look.terminal)
		}
		if look.err != nil && got.Error() != look.err.Error() {
			t.Errorf("after %s: got %q, want %q", look.after, got, look.err)
		}
	}
	if sameError(d.believe(refused, start, time.Hour), error(refused)) {
		t.Error("a refusal that now counts wakes no watcher")
	}
	if !sameError(nil, nil) || sameError(nil, errors.New("x")) {
		t.Error("no error and an error are mixed up")
	}
}
