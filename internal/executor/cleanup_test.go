package executor

import (
	"errors"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// withJob gives the attempt a job and a connection file for it.
func (a *attempt) withJob(t *testing.T, server *sshdtest.Server) {
	t.Helper()
	conn := a.connected(t, server)
	a.store.jobs[conn.job()] = &v1alpha1.FargateJob{}
}

func TestCleanup_DeletesJobAndFile_AnyNumberOfTimes(t *testing.T) {
	a := newAttempt(t)
	a.withJob(t, sshdtest.New(t))
	if err := a.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.wantNothingLeft(t)
	wantText(t, a.stdout.String(), "deleted FargateJob ci/job-4711-abcdefgh")
	if err := a.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantText(t, a.stdout.String(), "nothing to clean up: there is no connection file")
}

func TestCleanup_ShortOutage_Retries(t *testing.T) {
	a := newAttempt(t)
	a.limits.release = time.Minute
	a.withJob(t, sshdtest.New(t))
	a.store.deleteErrs = []error{errDown, errDown}
	if err := a.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.wantNothingLeft(t)
}

func TestCleanup_DeletionFails_KeepsTheNameButNotTheKey(t *testing.T) {
	a := newAttempt(t)
	a.withJob(t, sshdtest.New(t))
	a.store.deleteErrs = []error{errors.New("no permission")}
	err := a.Cleanup(t.Context())
	wantError(t, err, "FargateJob ci/job-4711-abcdefgh was not deleted", "kubectl -n ci delete fargatejob job-4711-abcdefgh", "no permission")
	wantSystemFailure(t, err)
	wantNoKey(t, a.connectionFiles(t)[0])
	if err := a.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.wantNothingLeft(t)
}

func TestCleanup_StoreCannotBeOpened_KeepsTheNameButNotTheKey(t *testing.T) {
	a := newAttempt(t)
	a.withJob(t, sshdtest.New(t))
	opens := a.OpenStore
	a.OpenStore = func() (JobStore, string, error) { return nil, "", errors.New("no kubeconfig") }
	wantError(t, a.Cleanup(t.Context()), "no kubeconfig")
	wantNoKey(t, a.connectionFiles(t)[0])
	a.OpenStore = opens
	if err := a.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.wantNothingLeft(t)
}

func TestCleanup_WhileAScriptRuns_DoesNotWaitForIt(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.withJob(t, server)
	done := make(chan error, 1)
	go func() {
		done <- a.Run(t.Context(), a.script(t, "echo up; read -r _ < "+fifo(t, a.dir)+"; exit 3"), "build_script")
	}()
	eventually.Holds(t, "the script runs", func() bool { return strings.Contains(a.stdout.String(), "up") })
	if err := a.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.wantNothingLeft(t)
	release(t, a.dir)
	wantBuildFailure(t, <-done, 3)
}

func TestCleanup_DamagedFile_FindsTheJobByItsName(t *testing.T) {
	a := newAttempt(t)
	server := sshdtest.Start(t)
	a.startsOnAny(t, server)
	if err := a.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(t, a.connectionFiles(t)[0], `{"format": "fargate-op`)
	a.store.deleteErrs = []error{errors.New("no permission")}
	wantError(t, a.Cleanup(t.Context()), "was not deleted", "no permission")
	if err := a.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.wantNothingLeft(t)
	wantText(t, a.stdout.String(), "the connection file is damaged", "deleted FargateJob ci/"+a.store.only(t).Name)
}

func TestCleanup_ForeignFile_IsLeftAlone(t *testing.T) {
	a := newAttempt(t)
	path, err := a.connectionPath()
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, `{"name": "x"}`)
	wantError(t, a.Cleanup(t.Context()), path, "is not a connection file of this program")
	if len(a.connectionFiles(t)) != 1 {
		t.Error("the file is gone")
	}
	if a.store.deletes != 0 {
		t.Error("something was deleted")
	}
}

func TestCleanup_JobIsGone_RemovesTheFile(t *testing.T) {
	a := newAttempt(t)
	a.withJob(t, sshdtest.New(t))
	delete(a.store.jobs, types.NamespacedName{Namespace: "ci", Name: "job-4711-abcdefgh"})
	if err := a.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.wantNothingLeft(t)
}
