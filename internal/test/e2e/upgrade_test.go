package e2e

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The charts' packages of an earlier version.
const (
	previousCRDsChart     = "testdata/previous/fargate-operator-crds-0.0.1.tgz"
	previousOperatorChart = "testdata/previous/fargate-operator-0.0.1.tgz"
)

func TestUpgrade_WhileAJobRuns_LosesNothing(t *testing.T) {
	r := newRelease(t, "upgraded", "")
	r.installAll(t, previousCRDsChart, previousOperatorChart)
	var log lockedBuffer
	attempt := prepared(t, r.runner(t), newJob(t), &log)
	before := r.jobs(t)[0]

	// The order of docs/upgrading.md: the definitions first, then the controller.
	r.installCRDs(t, crdsChart(t))
	if err := attempt.Run(t.Context(), "get_sources"); err != nil {
		t.Fatalf("between the two upgrades: %v\n%s", err, log.String())
	}
	r.install(t, operatorChart(t))
	if err := r.StopManager(); err != nil {
		t.Fatal(err)
	}
	r.start(t)
	if err := attempt.Run(t.Context(), "build_script"); err != nil {
		t.Fatalf("after both upgrades: %v\n%s", err, log.String())
	}

	after := r.jobs(t)[0]
	if diff := cmp.Diff(before.Spec, after.Spec); diff != "" {
		t.Errorf("the job's spec has changed (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(before.Status, after.Status); diff != "" {
		t.Errorf("the job's status has changed (-before +after):\n%s", diff)
	}
	attempt.Cleanup(t.Context())
	r.assertNothingLeft(t)
	r.runs(t)
}
