package executor

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/life"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

var errDown = &UnavailableError{Store: "the store", Err: errors.New("EOF")}

// startsOn plays a controller whose task is an SSH server.
func (a *attempt) startsOn(t *testing.T, server *sshdtest.Server) {
	t.Helper()
	a.store.onCreate = func(key types.NamespacedName) {
		admit(t, server, a.store.publicKey(key))
		a.store.change(key, waitingIn("", v1alpha1.ReasonLaunching, "the task is being launched"))
		a.store.change(key, waitingIn("PROVISIONING", v1alpha1.ReasonProvisioning, "ECS is provisioning the task"))
		a.store.change(key, readyAt(server.Host, server.Port, server.User))
	}
}

// startsOnAny is startsOn for any number of jobs.
func (a *attempt) startsOnAny(t *testing.T, server *sshdtest.Server) {
	t.Helper()
	a.store.onCreate = func(key types.NamespacedName) {
		a.store.change(key, func(job *v1alpha1.FargateJob) {
			admit(t, server, job.Spec.SSHPublicKey)
			readyAt(server.Host, server.Port, server.User)(job)
		})
	}
}

func TestPrepare_TaskBecomesReady_LeavesConnectionFile(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.startsOn(t, server)

	if err := a.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}

	files := a.connectionFiles(t)
	if len(files) != 1 {
		t.Fatalf("connection files: %v, want one", files)
	}
	info, err := os.Stat(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the connection file has mode %o", info.Mode().Perm())
	}
	conn, err := readConnection(files[0])
	if err != nil {
		t.Fatal(err)
	}
	target, err := conn.target()
	if err != nil {
		t.Fatal(err)
	}
	if target.Address() != server.Address() || target.User != server.User {
		t.Errorf("the connection leads to %s@%s", target.User, target.Address())
	}
	if diff := cmp.Diff(server.HostKey.Marshal(), target.HostKey.Marshal()); diff != "" {
		t.Errorf("host key: %s", diff)
	}
	wantText(t, a.stdout.String(), "s] created FargateJob ci/job-4711-", "RUNNING in eu-central-1a on FARGATE", "s] connected to "+server.Address())
	for _, secret := range []string{"PRIVATE KEY", "job-token"} {
		if strings.Contains(a.stdout.String()+a.stderr.String(), secret) {
			t.Errorf("the log shows a secret: %s", secret)
		}
	}
}

func TestPrepare_FargateJob_NamesTheJobAndNoSecret(t *testing.T) {
	a := newAttempt(t)
	a.Pod = Pod{Namespace: "ci", Name: "runner-0", UID: "1234"}
	a.store.onCreate = func(key types.NamespacedName) {
		a.store.change(key, stalledBecause(v1alpha1.ReasonClassNotFound, "no class"))
	}
	_ = a.Prepare(t.Context())

	job := a.store.only(t)
	if !strings.HasPrefix(job.Spec.SSHPublicKey, "ssh-ed25519 ") {
		t.Errorf("public key %q", job.Spec.SSHPublicKey)
	}
	key := job.Spec.SSHPublicKey
	want := &v1alpha1.FargateJob{
		TypeMeta: metav1.TypeMeta{APIVersion: "ci.fargate-operator.dev/v1alpha1", Kind: "FargateJob"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "ci",
			Name:      job.Name,
			Labels: map[string]string{
				"ci.fargate-operator.dev/job-id":      "4711",
				"ci.fargate-operator.dev/project-id":  "12",
				"ci.fargate-operator.dev/pipeline-id": "99",
			},
			Annotations:     map[string]string{life.Annotation: life.Current("1234").String()},
			Finalizers:      []string{v1alpha1.Finalizer},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: "runner-0", UID: "1234"}},
		},
		Spec: v1alpha1.FargateJobSpec{
			ClassRef:     v1alpha1.ClassReference{Name: "default"},
			SSHPublicKey: key,
			Job: v1alpha1.JobIdentity{
				Runner: "abc123", ProjectPath: "group/project", ProjectID: 12, PipelineID: 99, ID: 4711, Name: "build",
				URL: "https://gitlab.example.com/group/project/-/jobs/4711", Ref: "main",
			},
			ActiveDeadlineSeconds: 3600 + 1800,
		},
	}
	if diff := cmp.Diff(want, job); diff != "" {
		t.Errorf("the FargateJob differs (-want +got):\n%s", diff)
	}
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "job-token") || strings.Contains(string(text), "PRIVATE") {
		t.Errorf("the FargateJob holds a secret: %s", text)
	}
}

func TestPrepare_LaunchFails_SaysWhyAndLeavesNothing(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*v1alpha1.FargateJob)
		want   []string
		check  func(*testing.T, error)
	}{
		{
			name:   "class missing",
			change: stalledBecause(v1alpha1.ReasonClassNotFound, "FargateTaskClass default does not exist in namespace ci: create it"),
			want:   []string{"ClassNotFound", "FargateTaskClass default does not exist in namespace ci: create it"},
			check:  wantSystemFailure,
		},
		{
			name:   "image cannot be pulled",
			change: stalledBecause(v1alpha1.ReasonTaskFailedToStart, "task arn stopped: CannotPullContainerError: not found"),
			want:   []string{"TaskFailedToStart", "CannotPullContainerError: not found"},
			check:  wantSystemFailure,
		},
		{
			name:   "override refused is the author's fault",
			change: stalledBecause(v1alpha1.ReasonOverrideRefused, "cpu 4096 is refused: FargateTaskClass default allows at most 1024"),
			want:   []string{"cpu 4096 is refused"},
			check:  wantAuthorsFault,
		},
		{
			name: "deleted by somebody",
			change: func(job *v1alpha1.FargateJob) {
				job.DeletionTimestamp = &metav1.Time{Time: time.Now()}
			},
			want:  []string{"FargateJob ci/job-4711-", "was deleted by somebody else"},
			check: wantSystemFailure,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAttempt(t)
			a.store.onCreate = func(key types.NamespacedName) { a.store.change(key, test.change) }
			err := a.Prepare(t.Context())
			wantError(t, err, test.want...)
			test.check(t, err)
			a.wantNothingLeft(t)
		})
	}
}

func TestPrepare_Retries_AreShown(t *testing.T) {
	a := newAttempt(t)
	at := metav1.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	a.store.onCreate = func(key types.NamespacedName) {
		a.store.change(key, func(job *v1alpha1.FargateJob) {
			waitingIn("", v1alpha1.ReasonRetrying, "Capacity is\nunavailable")(job)
			job.Status.Attempt, job.Status.RetryTime = 2, &at
		})
		eventually.Check(t, "the retry is shown", func() bool { return strings.Contains(a.stdout.String(), "trying again") })
		a.store.change(key, stalledBecause(v1alpha1.ReasonCapacityUnavailable, "none"))
	}
	wantError(t, a.Prepare(t.Context()), "add subnets in other zones")
	wantText(t, a.stdout.String(), "trying again (attempt 2) at 03:04:05 UTC: Capacity is unavailable")
}

func TestPrepare_TaskDiesBeforeSSHAnswers_SaysWhyItDied(t *testing.T) {
	server := sshdtest.New(t) // nothing listens
	a := newAttempt(t)
	a.store.onCreate = func(key types.NamespacedName) {
		a.store.change(key, readyAt(server.Host, server.Port, server.User))
		eventually.Check(t, "SSH is tried", func() bool { return strings.Contains(a.stdout.String(), "still waiting for SSH") })
		a.store.change(key, stalledBecause(v1alpha1.ReasonEssentialContainerExited, "container ci-coordinator exited with code 137"))
	}
	err := a.Prepare(t.Context())
	wantError(t, err, "EssentialContainerExited", "exited with code 137")
	if strings.Contains(err.Error(), "refused") {
		t.Errorf("the symptom hides the reason: %v", err)
	}
	a.wantNothingLeft(t)
}

func TestPrepare_SSHComesUpLate_Waits(t *testing.T) {
	server := sshdtest.New(t)
	a := newAttempt(t)
	a.startsOn(t, server)
	done := make(chan error, 1)
	go func() { done <- a.Prepare(t.Context()) }()
	eventually.Holds(t, "SSH is tried", func() bool { return strings.Contains(a.stdout.String(), "still waiting for SSH") })
	server.Run()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// In a bubble, the time limit does not pass while an attempt is on its way.
func TestPrepare_SSHNeverAnswers_GivesUpAtReadyTimeout(t *testing.T) {
	server := sshdtest.New(t)
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		a := newAttemptIn(t, dir)
		a.ReadyTimeout = 100 * time.Millisecond
		a.startsOn(t, server)
		err := a.Prepare(t.Context())
		wantError(t, err, "ReadyTimeout (100ms)", "check that the image starts sshd")
		wantSystemFailure(t, err)
		a.wantNothingLeft(t)
	})
}

func TestPrepare_NothingRunsInTheTask_SaysSoAndLeavesNothing(t *testing.T) {
	server := sshdtest.Start(t, "ForceCommand echo This account is not available.")
	a := newAttempt(t)
	a.startsOn(t, server)
	err := a.Prepare(t.Context())
	wantError(t, err, "runs no command", "login shell", "This account is not available.")
	wantSystemFailure(t, err)
	a.wantNothingLeft(t)
}

func TestPrepare_BuildsDirCannotBeWritten_NamesTheRunnersFolder(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.Environment = environment(t, a.dir, "CUSTOM_ENV_CI_BUILDS_DIR=/dev/null/builds")
	a.startsOn(t, server)
	err := a.Prepare(t.Context())
	wantError(t, err, "cannot write to builds_dir /dev/null/builds")
	wantSystemFailure(t, err)
	a.wantNothingLeft(t)
}

func TestPrepare_StoreOutage_Continues(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.limits.outage = time.Minute
	a.store.createErrs = []error{errDown, errDown}
	a.startsOn(t, server)
	started := a.store.onCreate
	a.store.onCreate = func(key types.NamespacedName) {
		a.store.failWatch(errDown, errDown)
		started(key)
	}
	if err := a.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantText(t, a.stdout.String(), "cannot create FargateJob ci/job-4711-", "lost sight of FargateJob ci/job-4711-", "the store does not answer")
}

func TestPrepare_StoreGoneForGood_GivesUp(t *testing.T) {
	a := newAttempt(t)
	a.store.onCreate = func(types.NamespacedName) {
		a.store.failWatch(forever(errDown)...)
	}
	err := a.Prepare(t.Context())
	wantError(t, err, "gave up after 200ms", "the store does not answer")
	wantSystemFailure(t, err)
	a.wantNothingLeft(t)
}

func TestPrepare_StoreNeverReached_LeavesNothing(t *testing.T) {
	unsent := &UnavailableError{Store: "the store", Unsent: true, Err: errors.New("connection refused")}
	a := newAttempt(t)
	a.store.createErrs = forever(unsent)
	wantError(t, a.Prepare(t.Context()), "gave up after", "connection refused")
	if a.store.deletes != 0 {
		t.Error("a job that cannot exist was deleted")
	}
	a.wantNothingLeft(t)
}

func TestPrepare_CreationLeftInDoubt_DeletesTheJob(t *testing.T) {
	a := newAttempt(t)
	a.store.createErrs = forever(errDown)
	wantError(t, a.Prepare(t.Context()), "gave up after", "the store does not answer")
	if a.store.deletes != 1 {
		t.Errorf("%d deletions, want 1", a.store.deletes)
	}
	a.wantNothingLeft(t)
}

func TestPrepare_CreationRefused_LeavesNothing(t *testing.T) {
	a := newAttempt(t)
	a.store.createErrs = []error{errors.New("no permission")}
	wantError(t, a.Prepare(t.Context()), "no permission")
	a.wantNothingLeft(t)
}

func TestPrepare_NoController_SaysSoAndGivesUp(t *testing.T) {
	a := newAttempt(t)
	a.limits.silence = 10 * time.Millisecond
	a.limits.unattended = 100 * time.Millisecond
	wantError(t, a.Prepare(t.Context()), "no controller has picked up FargateJob ci/job-4711-", "watches namespace ci")
	wantText(t, a.stdout.String(), "nothing has happened to FargateJob ci/job-4711-")
	a.wantNothingLeft(t)
}

func TestPrepare_ControllerStops_GivesUpPastLaunchDeadline(t *testing.T) {
	a := newAttempt(t)
	a.limits.overdue = 100 * time.Millisecond
	a.store.onCreate = func(key types.NamespacedName) {
		a.store.change(key, func(job *v1alpha1.FargateJob) {
			waitingIn("PENDING", v1alpha1.ReasonPending, "pulling")(job)
			job.Status.Resolved = &v1alpha1.ResolvedTask{}
		})
	}
	wantError(t, a.Prepare(t.Context()), "past its launch deadline", "PENDING: pulling", "check that the controller is running")
	a.wantNothingLeft(t)
}

func TestPrepare_Canceled_DeletesTheJob(t *testing.T) {
	a := newAttempt(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	a.store.onCreate = func(types.NamespacedName) { cancel(errors.New("terminated")) }
	err := a.Prepare(ctx)
	wantError(t, err, "prepare was canceled", "terminated")
	wantSystemFailure(t, err)
	a.wantNothingLeft(t)
}

func TestPrepare_DeletionFails_CleanupFindsTheJob(t *testing.T) {
	a := newAttempt(t)
	a.store.deleteErrs = []error{errors.New("no permission to delete")}
	a.store.onCreate = func(key types.NamespacedName) {
		a.store.change(key, stalledBecause(v1alpha1.ReasonClassNotFound, "no class"))
	}
	wantError(t, a.Prepare(t.Context()), "no class", "was not deleted", "no permission to delete")

	files := a.connectionFiles(t)
	if len(files) != 1 {
		t.Fatalf("connection files: %v, want one", files)
	}
	wantNoKey(t, files[0])
	if err := a.Cleanup(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.wantNothingLeft(t)
}

func TestPrepare_CannotBegin_CreatesNothing(t *testing.T) {
	for _, test := range []struct {
		name  string
		spoil func(*testing.T, *attempt)
		want  []string
	}{
		{
			name:  "directory missing",
			spoil: func(_ *testing.T, a *attempt) { a.Directory = filepath.Join(a.dir, "missing") },
			want:  []string{"cannot write the connection file", "missing/fargate-", "make sure that its directory exists"},
		},
		{
			name:  "TMPDIR not set",
			spoil: func(_ *testing.T, a *attempt) { a.Environment.TempDir = "" },
			want:  []string{"TMPDIR is not set"},
		},
		{
			name: "connection file exists",
			spoil: func(t *testing.T, a *attempt) {
				t.Helper()
				path, _ := a.connectionPath()
				write(t, path, "{}")
			},
			want: []string{"already exists", "run the cleanup stage"},
		},
		{
			name: "store cannot be opened",
			spoil: func(_ *testing.T, a *attempt) {
				a.OpenStore = func() (JobStore, string, error) { return nil, "", errors.New("no kubeconfig") }
			},
			want: []string{"no kubeconfig"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAttempt(t)
			test.spoil(t, a)
			err := a.Prepare(t.Context())
			wantError(t, err, test.want...)
			wantSystemFailure(t, err)
			if n := len(a.store.created); n != 0 {
				t.Errorf("%d jobs were created", n)
			}
		})
	}
}

func wantAuthorsFault(t *testing.T, err error) {
	t.Helper()
	wantBuildFailure(t, err, 1)
}

// forever is longer than any test.
func forever(err error) []error {
	errs := make([]error, 10_000)
	for i := range errs {
		errs[i] = err
	}
	return errs
}
