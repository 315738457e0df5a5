package lifecycle

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// byJob is what this process remembers of each job beyond its object: a cache
// of objects may not show yet what was written, and a write may have failed.
type byJob[T any] struct {
	mu   sync.Mutex
	jobs map[types.NamespacedName]*memory[T]
}

// memory is of the job with that UID. Another one that had its name is
// forgotten.
type memory[T any] struct {
	uid   types.UID
	value T
}

func keyOf(job *v1alpha1.FargateJob) types.NamespacedName {
	return types.NamespacedName{Namespace: job.Namespace, Name: job.Name}
}

// update changes what is remembered of a job, which begins with the zero value.
func (b *byJob[T]) update(job *v1alpha1.FargateJob, change func(*T)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.jobs[keyOf(job)]
	if known == nil || known.uid != job.UID {
		known = &memory[T]{uid: job.UID}
		if b.jobs == nil {
			b.jobs = map[types.NamespacedName]*memory[T]{}
		}
		b.jobs[keyOf(job)] = known
	}
	change(&known.value)
}

// forget drops a job and returns what was remembered of it.
func (b *byJob[T]) forget(key types.NamespacedName) T {
	b.mu.Lock()
	defer b.mu.Unlock()
	var value T
	if known := b.jobs[key]; known != nil {
		value = known.value
	}
	delete(b.jobs, key)
	return value
}
