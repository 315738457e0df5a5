package fargatejob_test

import (
	"context"
	"strings"
	"testing"

	eventsv1 "k8s.io/api/events/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/controllertest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

func TestReport_AttemptsFailForOneCause_IsOneEventWithACount(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, func(s *v1alpha1.FargateTaskClassSpec) {
		s.Network.Subnets = []string{"subnet-local-a", "subnet-local-b"}
	})
	w.AWS.FailNext("RunTask", 2, localecs.FailureFault("Capacity is unavailable at this time."))
	w.startController(t)
	job := w.createJob(t, nil)

	w.awaitEventOnce(t, job, v1alpha1.ReasonCapacityUnavailable, "Capacity is unavailable at this time.; another attempt follows")
}

func TestReport_StopRefusedAgainAndAgain_IsOneEventWithACount(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.createClass(t, nil)
	w.startController(t)
	job := w.createJob(t, nil)
	w.awaitReady(t, job)
	denied := localecs.APIError{Code: "AccessDeniedException", Message: strings.Repeat("no ecs:StopTask ", 100), Status: 400}
	w.AWS.FailNext("StopTask", 2, localecs.ErrorFault(denied))
	w.deleteJob(t, job)

	w.awaitEventOnce(t, job, "StopFailed", "no ecs:StopTask")
}

// awaitEventOnce waits until an event has happened twice, and fails the test
// if it was written as two.
func (w *world) awaitEventOnce(t *testing.T, job *v1alpha1.FargateJob, reason, note string) {
	t.Helper()
	var found []eventsv1.Event
	controllertest.Eventually(t, "event "+reason+" counted", func(ctx context.Context) bool {
		found = nil
		count := int32(0)
		for _, event := range w.Events(ctx, t, job) {
			if event.Reason == reason {
				found = append(found, event)
				count++
				if event.Series != nil {
					count += event.Series.Count - 1
				}
			}
		}
		return count == 2
	}, func() any { return found })
	if len(found) != 1 || !strings.Contains(found[0].Note, note) {
		t.Errorf("got %d events %+v, want one with %q in it", len(found), found, note)
	}
}
