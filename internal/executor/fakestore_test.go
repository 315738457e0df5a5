package executor

import (
	"context"
	"slices"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// fakeStore keeps jobs in memory. Tests play the controller with change.
type fakeStore struct {
	// onCreate runs when a job has been created, in another goroutine than the
	// test's: it must not end the test.
	onCreate func(types.NamespacedName)

	namespace string

	mu      sync.Mutex
	jobs    map[types.NamespacedName]*v1alpha1.FargateJob
	created []*v1alpha1.FargateJob
	deletes int
	changed chan struct{} // closed at the next change
	// The errors of the next calls, first to last. Running watches also end with
	// theirs.
	keyTypeErrs, createErrs, watchErrs, deleteErrs []error
	keyType                                        v1alpha1.KeyType // of every class
	// What lastLines returns of every job.
	lines    []string
	linesErr error
}

func newFakeStore() *fakeStore {
	return &fakeStore{namespace: "ci", jobs: map[types.NamespacedName]*v1alpha1.FargateJob{}, changed: make(chan struct{})}
}

func (s *fakeStore) KeyType(context.Context, string) (v1alpha1.KeyType, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keyType, pop(&s.keyTypeErrs)
}

func (s *fakeStore) Create(_ context.Context, job *v1alpha1.FargateJob) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := pop(&s.createErrs); err != nil {
		return err
	}
	key := types.NamespacedName{Namespace: job.Namespace, Name: job.Name}
	s.jobs[key] = job.DeepCopy()
	s.created = append(s.created, job.DeepCopy())
	if s.onCreate != nil {
		go s.onCreate(key)
	}
	return nil
}

func (s *fakeStore) Watch(ctx context.Context, key types.NamespacedName, seen func(*v1alpha1.FargateJob) error) error {
	for {
		s.mu.Lock()
		changed, job, err := s.changed, s.jobs[key], pop(&s.watchErrs)
		s.mu.Unlock()
		switch {
		case err != nil:
			return err
		case job == nil:
			return ErrJobGone
		}
		if err := seen(job.DeepCopy()); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (s *fakeStore) lastLines(context.Context, *v1alpha1.FargateJob, int32) ([]string, error) {
	return s.lines, s.linesErr
}

func (s *fakeStore) Delete(_ context.Context, key types.NamespacedName) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deletes++
	if err := pop(&s.deleteErrs); err != nil {
		return err
	}
	delete(s.jobs, key)
	s.notify()
	return nil
}

// change alters a job, if it exists, and wakes the watches.
func (s *fakeStore) change(key types.NamespacedName, alter func(*v1alpha1.FargateJob)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if job := s.jobs[key]; job != nil {
		job = job.DeepCopy()
		alter(job)
		s.jobs[key] = job
	}
	s.notify()
}

// failWatch ends the running watches, and the next ones, with errors.
func (s *fakeStore) failWatch(errs ...error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchErrs = append(s.watchErrs, errs...)
	s.notify()
}

func (s *fakeStore) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// publicKey returns a job's public key, empty if the job is gone. Unlike only, it
// may be called outside the test's goroutine.
func (s *fakeStore) publicKey(key types.NamespacedName) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if job := s.jobs[key]; job != nil {
		return job.Spec.SSHPublicKey
	}
	return ""
}

// only returns the one job that was ever created.
func (s *fakeStore) only(t *testing.T) *v1alpha1.FargateJob {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.created) != 1 {
		t.Fatalf("%d jobs were created, want 1", len(s.created))
	}
	return s.created[0]
}

// count returns how many jobs exist.
func (s *fakeStore) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.jobs)
}

func pop(errs *[]error) error {
	if len(*errs) == 0 {
		return nil
	}
	err := (*errs)[0]
	*errs = slices.Delete(*errs, 0, 1)
	return err
}

// The states that the controller gives a job.

func waitingIn(lastStatus, reason, message string) func(*v1alpha1.FargateJob) {
	return func(job *v1alpha1.FargateJob) {
		if lastStatus != "" {
			job.Status.Task = &v1alpha1.TaskStatus{ARN: "arn:aws:ecs:eu-central-1:123456789012:task/ci/abc", LastStatus: lastStatus}
		}
		set(job, v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message)
	}
}

func readyAt(host string, port int, username string) func(*v1alpha1.FargateJob) {
	return func(job *v1alpha1.FargateJob) {
		job.Status.Task = &v1alpha1.TaskStatus{
			ARN:              "arn:aws:ecs:eu-central-1:123456789012:task/ci/abc",
			LastStatus:       "RUNNING",
			AvailabilityZone: "eu-central-1a",
			Capacity:         "FARGATE",
		}
		job.Status.Address = &v1alpha1.TaskAddress{Host: host, Port: int32(port), Username: username}
		set(job, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady, "the task is reached at "+host)
	}
}

func stalledBecause(reason, message string) func(*v1alpha1.FargateJob) {
	return func(job *v1alpha1.FargateJob) {
		set(job, v1alpha1.ConditionReady, metav1.ConditionFalse, reason, message)
		set(job, v1alpha1.ConditionStalled, metav1.ConditionTrue, reason, message)
	}
}

func set(job *v1alpha1.FargateJob, kind string, status metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(&job.Status.Conditions, metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message})
}
