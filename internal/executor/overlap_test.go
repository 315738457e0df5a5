package executor

import (
	"os"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

func TestPrepare_CleanedUpBeforeItsJobExists_DeletesTheJob(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.startsOn(t, server)
	path, err := a.connectionPath()
	if err != nil {
		t.Fatal(err)
	}
	start := a.store.onCreate
	a.store.onCreate = func(key types.NamespacedName) {
		// What a cleanup stage that ran just before the creation does.
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
		start(key)
	}
	wantError(t, a.Prepare(t.Context()), "a cleanup stage of this attempt ran before prepare finished")
	a.wantNothingLeft(t)
}

func TestCleanup_ModeWasChangedMeanwhile_SaysHowToEndTheJob(t *testing.T) {
	for name, test := range map[string]struct {
		started string // namespace of the job
		now     string // namespace of the store
		want    string
	}{
		"to Kubernetes":   {"", "ci", "now has a section [Kubernetes]: fargate sweep stops its task"},
		"from Kubernetes": {"ci", "", "kubectl -n ci delete fargatejob job-4711-abcdefgh"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			path, err := a.connectionPath()
			if err != nil {
				t.Fatal(err)
			}
			job := types.NamespacedName{Namespace: test.started, Name: "job-4711-abcdefgh"}
			if err := writeConnection(path, newConnection(job, []byte(somePrivateKey))); err != nil {
				t.Fatal(err)
			}
			a.store.namespace = test.now
			wantError(t, a.Cleanup(t.Context()), test.want)
			if files := a.connectionFiles(t); len(files) != 1 || !strings.Contains(files[0], path) {
				t.Errorf("connection files: %v, want the one there was", files)
			}
			wantNoKey(t, path)
		})
	}
}
