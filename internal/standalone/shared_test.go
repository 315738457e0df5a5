package standalone

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// elsewhere is a machine with the id and without a directory that lasts.
func (w *world) elsewhere(t *testing.T, id string, adopted ...string) *world {
	t.Helper()
	return &world{AWS: w.AWS, directory: t.TempDir(), installation: id, adopted: adopted}
}

// start starts a task that has no state file on this machine.
func (w *world) start(t *testing.T, launch ecs.Launch) string {
	t.Helper()
	ours := template()
	launch.Template, launch.SSHPublicKey, launch.Attempt = &ours, publicKey, 1
	task, err := (&ecs.Clients{}).Launch(t.Context(), launch)
	if err != nil {
		t.Fatal(err)
	}
	return task.ARN
}

func TestLeftovers_DiskWentWithTheRunner_TaskIsFoundByItsTagsAtItsDeadline(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	arn := w.elsewhere(t, "build-runners").ready(t)
	const deadline = time.Hour // of newJob
	for name, test := range map[string]struct {
		after, age time.Duration
		left       bool
	}{
		"young":                {6 * time.Minute, 0, false},
		"before its deadline":  {deadline - time.Minute, 0, false},
		"past its deadline":    {deadline + time.Minute, 0, true},
		"younger than the age": {2 * time.Hour, 3 * time.Hour, false},
		"older than the age":   {10 * time.Minute, 9 * time.Minute, true},
	} {
		t.Run(name, func(t *testing.T) {
			found := leftovers(t, w.elsewhere(t, "build-runners").later(t, test.after), test.age)
			if got := len(found) == 1 && found[0].Task == arn && found[0].Job == ""; got != test.left || !test.left && len(found) > 0 {
				t.Errorf("left behind: %v, want %t", found, test.left)
			}
		})
	}
	other := w.elsewhere(t, "build-runners")
	store := other.later(t, deadline+time.Minute)
	found := leftovers(t, store, 0)
	if why := found[0].Why; !strings.HasSuffix(why, "is past its deadline, 1h0m0s later") {
		t.Errorf("listed because: %s", why)
	}
	stopAll(t, store, found)
	if arns, files := w.running(t), other.files(t); len(arns) > 0 || len(files) > 0 {
		t.Errorf("left are tasks %v and files %v", arns, files)
	}
}

// Whether the machine that sweeps, or the one that started the task, has a wrong
// clock: the deadline counts by ECS's.
func TestLeftovers_DeadlineInTags_WrongClocksDoNotMatter(t *testing.T) {
	for _, skew := range []time.Duration{-48 * time.Hour, 48 * time.Hour} {
		w := newWorld(t, localecs.Config{})
		runner := w.elsewhere(t, "build-runners")
		create(t, runner.open(t))
		runner.change(t, func(job *v1alpha1.FargateJob) { job.CreationTimestamp.Time = time.Now().Add(skew / 1000) })
		arn := watchUntil(t, runner.open(t), isReady).Status.Task.ARN
		sweeper := w.elsewhere(t, "build-runners")
		if found := leftovers(t, sweeper.clockAhead(t, -skew), 0); len(found) > 0 {
			t.Errorf("skew %s: taken for leftovers: %v", skew, found)
		}
		w.AWS.SetAhead(61 * time.Minute)
		if diff := cmp.Diff([]Leftover{{Task: arn}}, leftovers(t, sweeper.clockAhead(t, -skew), 0), withoutReasons...); diff != "" {
			t.Errorf("skew %s: leftovers (-want +got):\n%s", skew, diff)
		}
	}
}

func TestLeftovers_SharedID_OnlyWhatIsCertainlyNobodys(t *testing.T) {
	const id = "build-runners"
	day := 24 * time.Hour
	for name, test := range map[string]struct {
		launch  ecs.Launch
		adopted []string
		after   time.Duration
		left    bool
	}{
		"no tag with its deadline":           {ecs.Launch{Owner: ecs.Owner{Installation: id}}, nil, 30 * day, false},
		"no tag with its deadline, old":      {ecs.Launch{Owner: ecs.Owner{Installation: id}}, nil, 32 * day, true},
		"of another installation":            {ecs.Launch{Owner: ecs.Owner{Installation: "other"}, Lifetime: time.Hour}, nil, 40 * day, false},
		"of an id that begins like ours":     {ecs.Launch{Owner: ecs.Owner{Installation: id + "-2"}, Lifetime: time.Hour}, nil, 40 * day, false},
		"of Kubernetes with the same id":     {ecs.Launch{Owner: ecs.Owner{Installation: id}, Namespace: "ci", Lifetime: time.Hour}, nil, 40 * day, false},
		"of an adopted installation, young":  {ecs.Launch{Owner: ecs.Owner{Installation: "old"}, Lifetime: time.Hour}, []string{"old"}, 4 * time.Minute, false},
		"of an adopted installation":         {ecs.Launch{Owner: ecs.Owner{Installation: "old"}, Lifetime: time.Hour}, []string{"older", "old"}, 6 * time.Minute, true},
		"of an adopted one in Kubernetes":    {ecs.Launch{Owner: ecs.Owner{Installation: "old"}, Namespace: "ci"}, []string{"old"}, 6 * time.Minute, true},
		"the longest lifetime, not yet over": {ecs.Launch{Owner: ecs.Owner{Installation: id}, Lifetime: 31 * day}, nil, 30 * day, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, localecs.Config{})
			test.launch.Owner.UID = "gone"
			arn := w.start(t, test.launch)
			store := w.elsewhere(t, id, test.adopted...).later(t, test.after)
			found := leftovers(t, store, 0)
			if got := len(found) == 1 && found[0].Task == arn; got != test.left || len(found) > 1 {
				t.Errorf("left behind: %v, want %t", found, test.left)
			}
			stopAll(t, store, found)
			if got := len(w.running(t)) == 0; got != test.left {
				t.Errorf("stopped: %t, want %t", got, test.left)
			}
		})
	}
}

func TestLeftovers_OlderThanAnAge_LeavesTasksOfKubernetesAlone(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.start(t, ecs.Launch{Owner: ecs.Owner{Installation: "x", UID: "y"}, Namespace: "ci"})
	if found := leftovers(t, w.elsewhere(t, "x").later(t, 48*time.Hour), time.Minute); len(found) > 0 {
		t.Errorf("taken for leftovers: %v", found)
	}
}

func TestOpen_GivenID_NeedsNoFileAndKeepsTheUIDsOfADirectorysOwn(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	own := w.open(t)
	w.installation = own.installation.id
	given := w.open(t)
	if own.uid("job") != given.uid("job") {
		t.Error("the UIDs of jobs change with the place of the id")
	}
	named := w.elsewhere(t, "build-runners")
	if a, b := named.open(t).uid("job"), named.open(t).uid("job"); a != b || a == own.uid("job") {
		t.Errorf("UIDs %s and %s, want one that is not another installation's", a, b)
	}
	if files := named.files(t); len(files) > 0 {
		t.Errorf("files %v, want none", files)
	}
}

// A job that was recorded under another id keeps its task.
func TestLeftovers_IDChangedWhileAJobRuns_ItsTaskIsNotAdopted(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	w.ready(t)
	former := w.open(t).installation.id
	w.installation, w.adopted = "build-runners", []string{former}
	if found := leftovers(t, w.later(t, 30*time.Minute), 0); len(found) > 0 {
		t.Errorf("taken for leftovers: %v", found)
	}
}

func TestLeftovers_Drafts_AreFoundAndRemoved(t *testing.T) {
	w := newWorld(t, localecs.Config{})
	store := w.open(t)
	names := []string{".fargate-0123456789abcdef.json-123", ".job-1-abcdefgh.state.json-4", ".installation-5"}
	for _, name := range append(names, ".other.json-1", ".fargate-0123.json") {
		if err := os.WriteFile(filepath.Join(w.directory, name), []byte("PRIVATE KEY"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if found := leftovers(t, store, 0); len(found) > 0 {
		t.Errorf("of writes that go on: taken for leftovers: %v", found)
	}
	store = w.later(t, 6*time.Minute)
	if found := leftovers(t, store, time.Hour); len(found) > 0 {
		t.Errorf("younger than the age: taken for leftovers: %v", found)
	}
	found := leftovers(t, store, 0)
	if len(found) != len(names) {
		t.Errorf("%d leftovers, want the drafts: %v", len(found), found)
	}
	stopAll(t, store, found)
	if diff := cmp.Diff([]string{".fargate-0123.json", ".other.json-1", installationFile}, w.files(t)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}
