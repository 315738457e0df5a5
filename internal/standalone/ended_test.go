package standalone

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/atomicfile"
	"github.com/fargate-operator/fargate-operator/internal/life"
	"github.com/fargate-operator/fargate-operator/internal/test/dead"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// begunBy notes which runner has begun the job.
func (w *world) begunBy(t *testing.T, runner life.Life) {
	t.Helper()
	w.change(t, func(job *v1alpha1.FargateJob) {
		job.Annotations = map[string]string{life.Annotation: runner.String()}
	})
}

func TestLeftovers_RunnerHasEnded_ItsJobIsLeftBehindAtOnce(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	arn := w.ready(t)
	connection := filepath.Join(w.directory, "fargate-0123456789abcdef.json")
	content := `{"format": "fargate-operator/connection", "version": 1, "namespace": "", "name": "` + key.Name + `", "privateKey": "secret"}`
	if err := os.WriteFile(connection, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	runner := life.Current("")
	w.begunBy(t, runner)
	if found := leftovers(t, w.open(t), 0); len(found) > 0 {
		t.Errorf("while the runner lives: taken for leftovers: %v", found)
	}
	runner.Processes = []life.Process{{PID: dead.PID(t), Started: 1}}
	w.begunBy(t, runner)
	store := w.open(t)
	found := leftovers(t, store, 0)
	if diff := cmp.Diff([]Leftover{{Job: key.Name, Task: arn}, {File: connection}}, found, withoutReasons...); diff != "" {
		t.Fatalf("leftovers (-want +got):\n%s", diff)
	}
	if why := found[0].Why; !strings.HasSuffix(why, "by a runner that has ended") {
		t.Errorf("listed because: %s", why)
	}
	stopAll(t, store, found)
	w.wantNothingLeft(t)
}

func TestLeftovers_ConnectionFileInKubernetes_FollowsItsJob(t *testing.T) {
	for name, test := range map[string]struct {
		exists, known bool
		left          bool
	}{
		"exists":     {true, true, false},
		"is gone":    {false, true, true},
		"is unknown": {false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, localecs.Config{})
			path := filepath.Join(w.directory, "fargate-0123456789abcdef.json")
			content := `{"format": "fargate-operator/connection", "version": 1, "namespace": "ci", "name": "job-1"}`
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			store := w.later(t, 6*time.Minute)
			store.inKubernetes = func(job types.NamespacedName) (bool, bool) {
				if job != (types.NamespacedName{Namespace: "ci", Name: "job-1"}) {
					t.Errorf("asked for %s", job)
				}
				return test.exists, test.known
			}
			if found := leftovers(t, store, 0); (len(found) == 1) != test.left {
				t.Errorf("left behind: %v, want %t", found, test.left)
			}
		})
	}
}

func TestStore_PipesInThePlaceOfFiles_HoldNothingUp(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	if err := unix.Mkfifo(w.statePath(), 0o600); err != nil {
		t.Fatal(err)
	}
	store := w.open(t)
	_, err := store.Leftovers(t.Context(), 0)
	wantText(t, err, "reading a state file", "is not a regular file")
	wantText(t, store.Delete(t.Context(), key), "reading the state file", "is not a regular file")

	installation := filepath.Join(w.directory, installationFile)
	if err := errors.Join(os.Remove(installation), unix.Mkfifo(installation, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := open(w.directory); !errors.Is(err, atomicfile.ErrIrregular) {
		t.Errorf("got %v, want that the file of the installation is a pipe", err)
	}
}
