package gateway

import (
	"context"
	"io"
	"strings"
	"testing"
)

func TestResolve_ServiceIsMissing_OffersNoSessionAndNamesIt(t *testing.T) {
	t.Parallel()
	g := &gateway{log: newPrinter(io.Discard)}
	t.Cleanup(g.log.close)
	g.containers = newContainers([]string{Job, "db", "cache"}, g)
	for _, name := range []string{Job, "db"} {
		l, _ := rogue(t)
		l.name = name
		if err := g.containers.join(l); err != nil {
			t.Fatal(err)
		}
		g.containers.announce(l)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, user := range []string{Job, Helper} {
		if _, err := g.resolve(ctx, user); err == nil || !strings.Contains(err.Error(), "and these have not: cache:") {
			t.Errorf("%s: %v", user, err)
		}
	}
	if _, err := g.resolve(ctx, User); err != nil {
		t.Errorf("%s: %v", User, err)
	}
}
