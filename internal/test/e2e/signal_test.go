package e2e

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
)

// The signals of a task's stop reach a script before ECS reports the stop.
func TestJob_SpotInterruptionEndsTheScriptBySignal_IsASystemFailure(t *testing.T) {
	for name, start := range bothModes() {
		t.Run(name, func(t *testing.T) {
			m := start(t)
			var log lockedBuffer
			attempt := prepared(t, m.defaultRunner(t), newJob(t), &log)
			signaled := filepath.Join(t.TempDir(), "signaled")
			done := make(chan error, 1)
			go func() {
				done <- attempt.RunScript(context.Background(), "build_script", fakerunner.Script("touch "+signaled+"; kill -s TERM $$; sleep 600"))
			}()
			eventually.Shows(t, "the script gets the signal", func() (bool, string) { return exists(signaled), log.String() })
			if err := stack.AWS.InterruptSpotTask(m.theJob(t).Status.Task.ARN); err != nil {
				t.Fatal(err)
			}
			err := <-done
			var failure *fakerunner.SystemFailure
			if !errors.As(err, &failure) {
				t.Errorf("the stage ended with %v, want a system failure", err)
			}
			assertContains(t, log.String(), "SpotInterruption", "Your Spot Task was interrupted.")
			attempt.Cleanup(t.Context())
			m.assertNothingLeft(t)
		})
	}
}
