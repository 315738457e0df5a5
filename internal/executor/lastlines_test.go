package executor

import (
	"errors"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

func TestPrepare_ContainerEnds_JobLogShowsItsLastLinesBelowTheSection(t *testing.T) {
	a := newAttempt(t)
	a.store.lines = []string{"sshd:\tno hostkeys\x1b[31m available", "long " + strings.Repeat("ü", maxLineLength)}
	a.store.onCreate = func(key types.NamespacedName) {
		a.store.change(key, func(job *v1alpha1.FargateJob) {
			waitingIn("STOPPED", v1alpha1.ReasonPending, "")(job)
			stalledBecause(v1alpha1.ReasonEssentialContainerExited, "container ci-coordinator exited with code 1")(job)
		})
	}
	wantError(t, a.Prepare(t.Context()), "EssentialContainerExited")
	_, below, _ := strings.Cut(a.stdout.String(), "section_end:")
	wantText(t, below, "\nThe last lines of the log of the job's container:\n"+
		"  sshd: no hostkeys [31m available\n"+
		"  long ...\n")
}

func TestRun_ContainerEnds_JobLogShowsItsLastLines(t *testing.T) {
	a := newAttempt(t)
	conn := a.connected(t, sshdtest.New(t)) // nothing listens
	a.store.jobs[conn.job()] = &v1alpha1.FargateJob{}
	a.store.change(conn.job(), stalledBecause(v1alpha1.ReasonEssentialContainerExited, "exited"))
	a.store.lines = []string{"out of memory"}
	wantError(t, a.Run(t.Context(), a.script(t, "true"), "build_script"), "EssentialContainerExited")
	wantText(t, a.stderr.String(), "The last lines of the log of the job's container:\n  out of memory\n")
}

func TestRun_LogCannotBeRead_StillSaysWhyTheTaskEnded(t *testing.T) {
	a := newAttempt(t)
	conn := a.connected(t, sshdtest.New(t)) // nothing listens
	a.store.jobs[conn.job()] = &v1alpha1.FargateJob{}
	a.store.change(conn.job(), stalledBecause(v1alpha1.ReasonEssentialContainerExited, "exited"))
	a.store.linesErr = errors.New("not authorized")
	err := a.Run(t.Context(), a.script(t, "true"), "build_script")
	wantError(t, err, "EssentialContainerExited")
	if text := a.stderr.String(); strings.Contains(text+err.Error(), "last lines") || strings.Contains(err.Error(), "authorized") {
		t.Errorf("the job log mentions what could not be read: %s%v", text, err)
	}
}
