// Package standalone keeps the FargateJobs of a runner without Kubernetes, in
// state files: one for each job, written before its task is started, and
// removed once ECS has accepted the task's stop. The stages that use a job take
// it through its life themselves; Leftovers finds what killed stages left
// behind.
package standalone

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/life"
	"github.com/fargate-operator/fargate-operator/internal/lifecycle"
)

// Options say what a Store works with.
type Options struct {
	// Directory holds the state files.
	Directory string
	// Class describes the tasks of all jobs. It has no name. It may be nil in a
	// store that is only swept.
	Class *v1alpha1.FargateTaskClass
	// Installation marks this installation's tasks in ECS, by a rule of package
	// taskrules. Other machines may have the same. Empty means the directory's own
	// id, which no other machine may have.
	Installation string
	// Adopted are the ids of former installations whose tasks are left over.
	Adopted []string
	// Pod is the UID of the pod that this process runs in, if it does.
	Pod string
	// InKubernetes reports whether a job exists in Kubernetes, and whether that is
	// known. It may be nil.
	InKubernetes func(job types.NamespacedName) (exists, known bool)
	// Cadence is how often tasks are looked at. Zero means ecs.DefaultCadence.
	Cadence ecs.Cadence
	// Log receives what operators want to know.
	Log *slog.Logger
}

// Store keeps jobs in a directory. Any number of processes can use the same
// directory.
type Store struct {
	directory    string
	class        *v1alpha1.FargateTaskClass
	installation installation
	adopted      []string
	life         life.Life // that this process is part of
	inKubernetes func(types.NamespacedName) (exists, known bool)
	clients      *ecs.Clients
	observers    *ecs.Observers
	jobs         *lifecycle.Lifecycle
	wake         chan struct{} // signals that ECS has news of the watched job
	now          func() time.Time
}

var _ executor.JobStore = (*Store)(nil)

// Open returns a store in a directory that exists. It does not call AWS yet.
func Open(options Options) (*Store, error) {
	if err := CheckDirectory(options.Directory); err != nil {
		return nil, err
	}
	installation, err := installationOf(options.Directory, options.Installation)
	if err != nil {
		return nil, err
	}
	if options.Cadence == (ecs.Cadence{}) {
		options.Cadence = ecs.DefaultCadence
	}
	clients := &ecs.Clients{}
	s := &Store{
		directory:    options.Directory,
		class:        options.Class,
		installation: installation,
		adopted:      options.Adopted,
		life:         life.Current(options.Pod),
		inKubernetes: options.InKubernetes,
		clients:      clients,
		observers:    ecs.NewObservers(clients, options.Cadence, logr.FromSlogHandler(options.Log.Handler())),
		wake:         make(chan struct{}, 1),
		now:          steadyClock(),
	}
	s.jobs = &lifecycle.Lifecycle{
		ECS:          clients,
		Observers:    s.observers,
		Installation: installation.id,
		Class:        func(context.Context, *v1alpha1.FargateJob) (*v1alpha1.FargateTaskClass, error) { return s.class, nil },
		Wake:         s.wakeUp,
		Now:          func() time.Time { return s.now() },
	}
	return s, nil
}

// steadyClock returns a clock that begins at the time of day and then does not
// jump with it: a deadline comes neither early nor late when the machine's
// clock is set.
func steadyClock() func() time.Time {
	begun := time.Now()
	return func() time.Time { return begun.Add(time.Since(begun)).Round(0) }
}

func (s *Store) wakeUp(types.NamespacedName) {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Create writes the state file of a new job. One that already exists with the
// same public key counts as success. Without AWS credentials it creates
// nothing: the job would wait for them until its launch deadline.
func (s *Store) Create(ctx context.Context, job *v1alpha1.FargateJob) error {
	if err := s.authenticate(ctx); err != nil {
		return err
	}
	stored := job.DeepCopy()
	stored.UID = s.uid(job.Name)
	stored.Generation = 1
	stored.CreationTimestamp = metav1.NewTime(s.now())
	err := s.createState(stored)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	existing, err := s.lockState(ctx, job.Name)
	if err != nil {
		return err
	}
	defer existing.unlock()
	if existing.job.Spec.SSHPublicKey != job.Spec.SSHPublicKey {
		return fmt.Errorf("the state file %s is another job's: retry the job", existing.path)
	}
	return nil
}

// authenticate fails if there are no credentials. The launch waits for failures
// that may pass.
func (s *Store) authenticate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	err := s.clients.Authenticate(ctx, ecs.LocationOf(&s.class.Spec.TaskTemplate))
	var fault *ecs.Error
	if errors.As(err, &fault) && fault.Class == ecs.Terminal {
		return fault
	}
	return nil
}

// uid is the job's UID for ECS. It is derived from the name, so that a task can
// be matched to its job even if only the name of its state file is left.
func (s *Store) uid(name string) types.UID {
	return types.UID(uuid.NewSHA1(s.installation.namespace, []byte(name)).String())
}
