package executor

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

var lostJob = types.NamespacedName{Namespace: "ci", Name: "job-4711-abcdefgh"}

// laterStages are what the runner calls after a script that failed.
var laterStages = []gitlab.Stage{"after_script", "upload_artifacts_on_failure", "cleanup_file_variables"}

// lostAttempt is one whose task has become that.
func lostAttempt(t *testing.T, server *sshdtest.Server, alter func(*v1alpha1.FargateJob)) *attempt {
	t.Helper()
	a := newAttempt(t)
	a.connected(t, server)
	a.store.jobs[lostJob] = &v1alpha1.FargateJob{}
	a.store.change(lostJob, alter)
	a.store.lines = []string{"Killed"}
	return a
}

func TestRun_TaskStopsInTheScript_IsToldOnceInFull(t *testing.T) {
	for name, test := range map[string]struct {
		arrange func(*attempt)
		full    string
		brief   string
	}{
		"stopped": {
			func(*attempt) {}, "EssentialContainerExited): container exited with code 137: give the job more memory", "(EssentialContainerExited)",
		},
		"deleted": {
			func(a *attempt) { _ = a.store.Delete(t.Context(), lostJob) }, "was deleted while its script ran", "(FargateJobDeleted)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := lostAttempt(t, sshdtest.Start(t),
				stalledBecause(v1alpha1.ReasonEssentialContainerExited, "container exited with code 137: give the job more memory"))
			test.arrange(a)
			err := a.Run(t.Context(), a.script(t, "kill -9 $PPID"), "build_script")
			wantError(t, err, "stage step_script: ", test.full)
			if strings.Contains(err.Error(), "check whether") {
				t.Errorf("the cause is known, but %v", err)
			}
			first := a.stderr.String()
			for _, stage := range laterStages {
				err := a.Run(t.Context(), a.script(t, "true"), stage)
				wantSystemFailure(t, err)
				if want := "stage " + string(stage) + ": the job's task has ended " + test.brief + ", see above"; err.Error() != want {
					t.Errorf("got %q, want %q", err, want)
				}
			}
			if again := strings.TrimPrefix(a.stderr.String(), first); again != "" {
				t.Errorf("later stages added %q", again)
			}
		})
	}
}

func TestRun_NoAnswerForAnUnknownReason_IsTriedAgain(t *testing.T) {
	server := sshdtest.New(t)
	a := lostAttempt(t, server, readyAt("127.0.0.1", 22, "root"))
	run := func(stage gitlab.Stage) error { return a.Run(t.Context(), a.script(t, "true"), stage) }
	wantError(t, run("build_script"), "check the network", "the symptom was: cannot reach the SSH server")
	for _, stage := range laterStages {
		if err, want := run(stage), "stage "+string(stage)+": the job's task still does not answer, see above"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	a.store.change(lostJob, stalledBecause(v1alpha1.ReasonSpotInterruption, "it was interrupted"))
	wantError(t, run("after_script"), "it was interrupted")
	wantError(t, run("cleanup_file_variables"), "the job's task has ended (SpotInterruption), see above")
}

func TestRun_TaskAnswersAgain_RunsTheScript(t *testing.T) {
	server := sshdtest.Start(t)
	a := lostAttempt(t, server, readyAt("127.0.0.1", 22, "root"))
	wantError(t, a.Run(t.Context(), a.script(t, "kill -9 $PPID"), "build_script"), "check the network")
	if err := a.Run(t.Context(), a.script(t, "echo after"), "after_script"); err != nil {
		t.Error(err)
	}
	wantText(t, a.stdout.String(), "after\n")
}
