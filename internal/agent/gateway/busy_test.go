package gateway

import (
	"context"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
)

func TestBusy_Closed_WaitsForTheLastOneAndTakesNoMore(t *testing.T) {
	t.Parallel()
	var b busy
	for range 2 {
		if !b.begin() {
			t.Fatal("refused")
		}
	}
	b.end()
	b.close()
	if b.begin() {
		t.Error("a command starts while the gateway stops")
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	bound.End(t, "a wait that is canceled", func() { b.wait(canceled) })
	b.end()
	bound.End(t, "the wait", func() { b.wait(context.Background()) })
	var idle busy
	idle.close()
	bound.End(t, "a wait for nothing", func() { idle.wait(context.Background()) })
}
