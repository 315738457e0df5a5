package standalone

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

const (
	publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9pGqvN3NbDTcKVd0g7ySAdYLbnZ3eY5Hcu0nqgvGqL"
	// deadline bounds every wait: what takes longer is broken.
	deadline = 30 * time.Second
	// always is more often than any test calls AWS.
	always = 1000
)

var (
	key       = types.NamespacedName{Name: "job-4711-abcdefgh"}
	errEnough = errors.New("enough")
)

// world is a directory for jobs, and a local ECS.
type world struct {
	AWS          *localecstest.Env
	directory    string
	installation string // empty for the directory's own
	adopted      []string
}

func newWorld(t *testing.T, config localecs.Config) *world {
	t.Helper()
	return &world{AWS: localecstest.Start(t, config), directory: t.TempDir()}
}

// open returns a store as a separate process would have it.
func (w *world) open(t *testing.T) *Store {
	t.Helper()
	const fast = 20 * time.Millisecond
	store, err := Open(Options{
		Directory:    w.directory,
		Installation: w.installation,
		Adopted:      w.adopted,
		Class:        &v1alpha1.FargateTaskClass{Spec: v1alpha1.FargateTaskClassSpec{TaskTemplate: template()}},
		Cadence:      ecs.Cadence{Provisioning: fast, Starting: fast, Running: fast},
		Log:          slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func template() v1alpha1.TaskTemplate {
	return v1alpha1.TaskTemplate{
		Region: "us-east-1", Cluster: "ci", TaskDefinition: "ci", ContainerName: "ci-coordinator",
		Network:               v1alpha1.Network{Subnets: []string{"subnet-local-a"}},
		SSH:                   v1alpha1.SSHServer{Username: "root", Port: 22},
		LaunchDeadlineSeconds: 600,
	}
}

func newJob() *v1alpha1.FargateJob {
	return &v1alpha1.FargateJob{
		ObjectMeta: metav1.ObjectMeta{Name: key.Name},
		Spec: v1alpha1.FargateJobSpec{
			SSHPublicKey:          publicKey,
			Job:                   v1alpha1.JobIdentity{ID: 4711, Name: "build", ProjectPath: "group/project"},
			ActiveDeadlineSeconds: 3600,
		},
	}
}

func create(t *testing.T, store *Store) {
	t.Helper()
	if err := store.Create(t.Context(), newJob()); err != nil {
		t.Fatal(err)
	}
}

// watchUntil watches the job until the condition holds.
func watchUntil(t *testing.T, store *Store, holds func(*v1alpha1.FargateJob) bool) *v1alpha1.FargateJob {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	var last *v1alpha1.FargateJob
	err := store.Watch(ctx, key, func(job *v1alpha1.FargateJob) error {
		last = job
		if holds(job) {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatalf("the watch ended with %v; the job: %+v", err, last)
	}
	return last
}

func isReady(job *v1alpha1.FargateJob) bool {
	return meta.IsStatusConditionTrue(job.Status.Conditions, v1alpha1.ConditionReady)
}

func remove(t *testing.T, store *Store) {
	t.Helper()
	if err := store.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
}

// running returns the ARNs of the tasks that nothing has stopped.
func (w *world) running(t *testing.T) []string {
	t.Helper()
	var arns []string
	for _, task := range w.AWS.Tasks(t) {
		if aws.ToString(task.DesiredStatus) == "RUNNING" {
			arns = append(arns, aws.ToString(task.TaskArn))
		}
	}
	return arns
}

// wantNothingLeft fails if a task keeps running or the directory has more than
// the installation's ID file.
func (w *world) wantNothingLeft(t *testing.T) {
	t.Helper()
	if arns := w.running(t); len(arns) != 0 {
		t.Errorf("tasks are left: %v", arns)
	}
	if diff := cmp.Diff([]string{installationFile}, w.files(t)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func (w *world) files(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(w.directory)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	slices.Sort(names)
	return names
}

func (w *world) statePath() string { return filepath.Join(w.directory, key.Name+stateSuffix) }

// stored reads the state file.
func (w *world) stored(t *testing.T) *v1alpha1.FargateJob {
	t.Helper()
	data, err := os.ReadFile(w.statePath())
	if err != nil {
		t.Fatal(err)
	}
	job, err := decode(key.Name, data)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

// change rewrites the state file.
func (w *world) change(t *testing.T, alter func(*v1alpha1.FargateJob)) {
	t.Helper()
	job := w.stored(t)
	alter(job)
	data, err := encode(job)
	if err == nil {
		err = os.WriteFile(w.statePath(), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
