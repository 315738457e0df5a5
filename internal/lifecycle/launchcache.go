package lifecycle

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// launchCache remembers what this process has launched, by job: the cache of
// objects may not show it yet, and a write of it may have failed.
type launchCache struct {
	mu    sync.Mutex
	tasks map[types.UID]launchedTask
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

// latest is the ARN of the job's last launch, whatever its status says.
func (c *launchCache) latest(job *v1alpha1.FargateJob) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.tasks[job.UID]; ok {
		return known.task.ARN
	}
	return ""
}

func (c *launchCache) forget(job *v1alpha1.FargateJob) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tasks, job.UID)
}
