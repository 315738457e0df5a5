package lifecycle

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// launchCache remembers what this process has launched, by job: the cache of
// objects may not show it yet, and a write of it may have failed. And it
// remembers since when this process has searched for what another one launched.
type launchCache struct {
	mu       sync.Mutex
	tasks    map[types.UID]launchedTask
	searches map[types.UID]time.Time
}

type launchedTask struct {
	attempt int32
	task    *v1alpha1.TaskStatus
}

func (c *launchCache) get(job *v1alpha1.FargateJob) (*v1alpha1.TaskStatus, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.tasks[job.UID]
	if !ok || known.attempt != job.Status.Attempt {
		return nil, false
	}
	return known.task.DeepCopy(), true
}

func (c *launchCache) put(job *v1alpha1.FargateJob, task *v1alpha1.TaskStatus) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tasks == nil {
		c.tasks = map[types.UID]launchedTask{}
	}
	c.tasks[job.UID] = launchedTask{attempt: job.Status.Attempt, task: task.DeepCopy()}
}

// latest is the ARN of the task of the job's present attempt, or of a later one
// that the job's status does not show yet. It is empty if there is none.
func (c *launchCache) latest(job *v1alpha1.FargateJob) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.tasks[job.UID]; ok && known.attempt >= job.Status.Attempt {
		return known.task.ARN
	}
	return ""
}

// searching is when this process began to search for the job's task: now, if
// it has not yet.
func (c *launchCache) searching(job *v1alpha1.FargateJob, now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.searches == nil {
		c.searches = map[types.UID]time.Time{}
	}
	begun, ok := c.searches[job.UID]
	if !ok {
		begun = now
		c.searches[job.UID] = begun
	}
	return begun
}

func (c *launchCache) forget(job *v1alpha1.FargateJob) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tasks, job.UID)
	delete(c.searches, job.UID)
}
