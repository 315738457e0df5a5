package ecs

import (
	"testing"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

func TestListOwned_ClocksDiffer_TheAgeIsByTheOneOfECS(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	env.SetAhead(48 * time.Hour)
	clients, launch := &Clients{}, testLaunch()
	if _, err := clients.Launch(t.Context(), launch); err != nil {
		t.Fatal(err)
	}
	for _, passed := range []time.Duration{0, 2 * time.Hour} {
		env.SetAhead(48*time.Hour + passed)
		owned, err := clients.ListOwned(t.Context(), LocationOf(launch.Template), launch.Owner.Installation)
		if err != nil {
			t.Fatal(err)
		}
		if len(owned) != 1 || owned[0].Age.Round(time.Hour) != passed {
			t.Errorf("after %s: %+v", passed, owned)
		}
	}
}
