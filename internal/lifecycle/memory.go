package lifecycle

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// memory is what this process knows of jobs beyond their objects: a cache of
// objects may not show yet what was written, and a write may have failed.
type memory struct {
	mu   sync.Mutex
	jobs map[types.NamespacedName]*recollection
}

// recollection is of one job.
type recollection struct {
	uid types.UID
	// attempt is the last one that this process recorded or launched, and task
	// what came of it.
	attempt int32
	task    *v1alpha1.TaskStatus
	// certain is true while the attempt can have no other task: this process
	// recorded it, and heard the answer to every launch.
	certain bool
	// watched is the ARN of the task that is observed.
	watched string
	// searching is when the search for the job's task began.
	searching time.Time
}

func keyOf(job *v1alpha1.FargateJob) types.NamespacedName {
	return types.NamespacedName{Namespace: job.Namespace, Name: job.Name}
}

// of returns what is known of a job, to be changed with mu held. Another job
// that had its name is forgotten.
func (m *memory) of(job *v1alpha1.FargateJob) *recollection {
	if m.jobs == nil {
		m.jobs = map[types.NamespacedName]*recollection{}
	}
	known := m.jobs[keyOf(job)]
	if known == nil || known.uid != job.UID {
		known = &recollection{uid: job.UID}
		m.jobs[keyOf(job)] = known
	}
	return known
}

// begin notes that an attempt is recorded of which nobody has launched anything
// yet. An attempt that is known already is left as it is: the object in hand is
// older.
func (m *memory) begin(job *v1alpha1.FargateJob) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known := m.of(job); known.attempt < job.Status.Attempt {
		known.attempt, known.task, known.certain = job.Status.Attempt, nil, true
	}
}

// asking notes that a launch begins. Call heard with its result once an answer
// that refuses the launch is there.
func (m *memory) asking(job *v1alpha1.FargateJob) (certain bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.of(job)
	certain, known.certain = known.certain && known.attempt == job.Status.Attempt, false
	return certain
}

func (m *memory) heard(job *v1alpha1.FargateJob, certain bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(job).certain = certain
}

// launched notes the task of the job's attempt.
func (m *memory) launched(job *v1alpha1.FargateJob, task *v1alpha1.TaskStatus) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.of(job)
	known.attempt, known.task = job.Status.Attempt, task.DeepCopy()
}

// task returns the task that this process launched in the job's attempt.
func (m *memory) task(job *v1alpha1.FargateJob) (*v1alpha1.TaskStatus, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.of(job)
	if known.task == nil || known.attempt != job.Status.Attempt {
		return nil, false
	}
	return known.task.DeepCopy(), true
}

// latest is the ARN of the task of the job's attempt, or of a later one that the
// job's status does not show yet. It is empty if this process launched none.
func (m *memory) latest(job *v1alpha1.FargateJob) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known := m.of(job); known.task != nil && known.attempt >= job.Status.Attempt {
		return known.task.ARN
	}
	return ""
}

// none is true if it is certain that the job's attempt has no task.
func (m *memory) none(job *v1alpha1.FargateJob) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.of(job)
	return known.certain && known.task == nil && known.attempt == job.Status.Attempt
}

// watch notes which task is observed.
func (m *memory) watch(job *v1alpha1.FargateJob, arn string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(job).watched = arn
}

// search is when this process began to search for the job's task: now, if it
// has not yet.
func (m *memory) search(job *v1alpha1.FargateJob, now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.of(job)
	if known.searching.IsZero() {
		known.searching = now
	}
	return known.searching
}

// forget drops a job, and returns the ARN of the task that was observed.
func (m *memory) forget(key types.NamespacedName) (watched string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known := m.jobs[key]; known != nil {
		watched = known.watched
	}
	delete(m.jobs, key)
	return watched
}
