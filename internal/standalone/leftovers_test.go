package standalone

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// later returns a store for which time has passed, as it has for ECS.
func (w *world) later(t *testing.T, by time.Duration) *Store {
	t.Helper()
	w.AWS.SetAhead(by)
	return w.clockAhead(t, by)
}

// clockAhead returns a store whose clock is wrong.
func (w *world) clockAhead(t *testing.T, by time.Duration) *Store {
	t.Helper()
	store := w.open(t)
	store.now = func() time.Time { return time.Now().Add(by) }
	return store
}

// ready creates a job that is ready and returns its task's ARN.
func (w *world) ready(t *testing.T) string {
	t.Helper()
	create(t, w.open(t))
	return watchUntil(t, w.open(t), isReady).Status.Task.ARN
}

// leftovers lists the jobs and tasks left behind, without the reasons.
func leftovers(t *testing.T, store *Store, age time.Duration) []Leftover {
	t.Helper()
	found, err := store.Leftovers(t.Context(), age)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

var withoutReasons = []cmp.Option{cmpopts.IgnoreFields(Leftover{}, "Why"), cmpopts.IgnoreUnexported(Leftover{}), cmpopts.EquateEmpty()}

func stopAll(t *testing.T, store *Store, found []Leftover) {
	t.Helper()
	for _, leftover := range found {
		if err := store.Stop(t.Context(), leftover); err != nil {
			t.Error(err)
		}
	}
}

func TestLeftovers_Job_CountsFromItsActiveDeadlineOrTheAge(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	arn := w.ready(t)
	for name, test := range map[string]struct {
		after, age time.Duration
		left       bool
	}{
		"young":                          {time.Minute, 0, false},
		"before its deadline of an hour": {59 * time.Minute, 0, false},
		"past its deadline":              {61 * time.Minute, 0, true},
		"younger than the age":           {2 * time.Hour, 3 * time.Hour, false},
		"older than the age":             {10 * time.Minute, 9 * time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			var want []Leftover
			if test.left {
				want = []Leftover{{Job: key.Name, Task: arn}}
			}
			if diff := cmp.Diff(want, leftovers(t, w.later(t, test.after), test.age), withoutReasons...); diff != "" {
				t.Errorf("leftovers (-want +got):\n%s", diff)
			}
		})
	}
	if len(w.running(t)) != 1 {
		t.Error("to list leftovers stopped the task")
	}
	store := w.later(t, 2*time.Hour)
	found := leftovers(t, store, 0)
	if why := found[0].Why; !strings.HasPrefix(why, `CI job 4711 "build" of group/project was created `) || !strings.HasSuffix(why, "and is past its end, 1h0m0s later") {
		t.Errorf("listed because: %s", why)
	}
	stopAll(t, store, found)
	w.wantNothingLeft(t)
}

func TestLeftovers_LaunchNotWrittenDown_IsStopped(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.ready(t)
	w.change(t, func(job *v1alpha1.FargateJob) { job.Status.Task, job.Status.Address = nil, nil })
	store := w.later(t, 2*time.Hour)
	stopAll(t, store, leftovers(t, store, 0))
	w.wantNothingLeft(t)
}

func TestLeftovers_TaskWithoutAJob_IsStoppedOnceItIsOldEnough(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	arn := w.ready(t)
	if err := os.Remove(w.statePath()); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ after, age time.Duration }{
		"young":                {4 * time.Minute, 0},
		"younger than the age": {time.Hour, 2 * time.Hour},
	} {
		if found := leftovers(t, w.later(t, test.after), test.age); len(found) != 0 {
			t.Errorf("%s: taken for a leftover: %v", name, found)
		}
	}
	store := w.later(t, 6*time.Minute)
	found := leftovers(t, store, 0)
	if diff := cmp.Diff([]Leftover{{Task: arn}}, found, withoutReasons...); diff != "" {
		t.Errorf("leftovers (-want +got):\n%s", diff)
	}
	stopAll(t, store, found)
	w.wantNothingLeft(t)
}

func TestLeftovers_TasksOfOthers_AreLeftAlone(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	ours := template()
	for _, installation := range []string{"other", w.open(t).installation.id + "0"} {
		_, err := (&ecs.Clients{}).Launch(t.Context(), ecs.Launch{
			Template: &ours, SSHPublicKey: publicKey, Owner: ecs.Owner{Installation: installation, UID: installation}, Attempt: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found := leftovers(t, w.later(t, 48*time.Hour), 0); len(found) != 0 {
		t.Errorf("taken for leftovers: %v", found)
	}
}

func TestLeftovers_DamagedStateFile_KeepsItsTaskForADay(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	arn := w.ready(t)
	if err := os.WriteFile(w.statePath(), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := w.later(t, 24*time.Hour).Leftovers(t.Context(), 0)
	if len(found) != 0 {
		t.Errorf("taken for leftovers: %v", found)
	}
	wantText(t, err, w.statePath(), "is damaged")

	store := w.later(t, 25*time.Hour)
	found = leftovers(t, store, 0)
	if diff := cmp.Diff([]Leftover{{Job: key.Name}, {Task: arn}}, found, withoutReasons...); diff != "" {
		t.Errorf("leftovers (-want +got):\n%s", diff)
	}
	stopAll(t, store, found)
	w.wantNothingLeft(t)
}

func TestLeftovers_StateFileOfALaterVersion_IsNeverTouched(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.ready(t)
	data, err := os.ReadFile(w.statePath())
	if err == nil {
		err = os.WriteFile(w.statePath(), []byte(strings.ReplaceAll(string(data), "v1alpha1", "v7")), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	found, err := w.later(t, 1000*time.Hour).Leftovers(t.Context(), time.Minute)
	if len(found) != 0 {
		t.Errorf("taken for leftovers: %v", found)
	}
	wantText(t, err, "has version v7")
}

func TestLeftovers_OneClusterUnreachable_OthersAreListed(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	arn := w.ready(t)
	elsewhere := w.stored(t)
	elsewhere.Name, elsewhere.Spec.ActiveDeadlineSeconds, elsewhere.Status.Resolved.Cluster = "job-1-elsewhere", 7200, "nowhere"
	if err := w.open(t).createState(elsewhere); err != nil {
		t.Fatal(err)
	}
	found, err := w.later(t, 61*time.Minute).Leftovers(t.Context(), 0)
	wantText(t, err, "nowhere")
	if diff := cmp.Diff([]Leftover{{Job: key.Name, Task: arn}}, found, withoutReasons...); diff != "" {
		t.Errorf("leftovers (-want +got):\n%s", diff)
	}
}

func TestLeftovers_StateFileThatMayNotBeRead_IsToldAndKeepsItsTask(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	arn := w.ready(t)
	// Not even root can open a link to itself.
	loop := "job-2-unreadable"
	if err := os.Symlink(loop+stateSuffix, filepath.Join(w.directory, loop+stateSuffix)); err != nil {
		t.Fatal(err)
	}
	found, err := w.later(t, 61*time.Minute).Leftovers(t.Context(), 0)
	wantText(t, err, "reading a state file", loop)
	if diff := cmp.Diff([]Leftover{{Job: key.Name, Task: arn}}, found, withoutReasons...); diff != "" {
		t.Errorf("leftovers (-want +got):\n%s", diff)
	}
}

func TestLeftovers_ClockWasAheadAtTheCreation_CountsByTheTask(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	arn := w.ready(t)
	w.change(t, func(job *v1alpha1.FargateJob) { job.CreationTimestamp.Time = time.Now().Add(48 * time.Hour) })
	if found := leftovers(t, w.later(t, 59*time.Minute), 0); len(found) != 0 {
		t.Errorf("taken for leftovers: %v", found)
	}
	found := leftovers(t, w.later(t, 61*time.Minute), 0)
	if diff := cmp.Diff([]Leftover{{Job: key.Name, Task: arn}}, found, withoutReasons...); diff != "" {
		t.Errorf("leftovers (-want +got):\n%s", diff)
	}
}

func TestLeftovers_ClockIsAhead_LiveTasksAreLeftAlone(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	arn := w.ready(t)
	if found := leftovers(t, w.clockAhead(t, 48*time.Hour), 0); len(found) != 0 {
		t.Errorf("with its job: taken for leftovers: %v", found)
	}
	if err := os.Remove(w.statePath()); err != nil {
		t.Fatal(err)
	}
	if found := leftovers(t, w.clockAhead(t, 48*time.Hour), 0); len(found) != 0 {
		t.Errorf("without a job, just started: taken for leftovers: %v", found)
	}
	w.AWS.SetAhead(6 * time.Minute)
	found := leftovers(t, w.clockAhead(t, -48*time.Hour), 0)
	if diff := cmp.Diff([]Leftover{{Task: arn}}, found, withoutReasons...); diff != "" {
		t.Errorf("with the clock behind: leftovers (-want +got):\n%s", diff)
	}
}

func TestLeftovers_ConnectionFile_IsRemovedOnceItsJobIsGone(t *testing.T) {
	const (
		connection = `{"format": "fargate-operator/connection", "version": 1, "namespace": %q, "name": %q, "privateKey": "secret"}`
		other      = "job-1-gone"
	)
	for name, test := range map[string]struct {
		content    string
		after, age time.Duration
		left       bool
	}{
		"of a job that lives":        {fmt.Sprintf(connection, "", key.Name), 59 * time.Minute, 0, false},
		"of a job past its end":      {fmt.Sprintf(connection, "", key.Name), 61 * time.Minute, 0, true},
		"just written":               {fmt.Sprintf(connection, "", other), 4 * time.Minute, 0, false},
		"of a job that is gone":      {fmt.Sprintf(connection, "", other), 6 * time.Minute, 0, true},
		"younger than the age":       {fmt.Sprintf(connection, "", other), 6 * time.Minute, 10 * time.Minute, false},
		"in Kubernetes":              {fmt.Sprintf(connection, "ci", other), 30 * 24 * time.Hour, 0, false},
		"in Kubernetes, old":         {fmt.Sprintf(connection, "ci", other), 32 * 24 * time.Hour, 0, true},
		"in Kubernetes, past an age": {fmt.Sprintf(connection, "ci", other), 11 * time.Minute, 10 * time.Minute, true},
		"damaged":                    {"{", 30 * 24 * time.Hour, 0, false},
		"damaged, old":               {"{", 32 * 24 * time.Hour, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, localecs.Config{})
			create(t, w.open(t))
			path := filepath.Join(w.directory, "fargate-0123456789abcdef.json")
			if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
				t.Fatal(err)
			}
			store := w.later(t, test.after)
			found := leftovers(t, store, test.age)
			isFile := func(l Leftover) bool { return l.File == path }
			if got := slices.ContainsFunc(found, isFile); got != test.left {
				t.Errorf("left behind: %t, want %t: %v", got, test.left, found)
			}
			stopAll(t, store, found)
			if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) != test.left {
				t.Errorf("the file afterward: %v", err)
			}
		})
	}
}
