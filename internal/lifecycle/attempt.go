package lifecycle

import (
	"math"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// roundPauses are the pauses after every placement has been tried once, twice and
// so on.
var roundPauses = wait.Backoff{Duration: 5 * time.Second, Factor: 2, Cap: time.Minute, Steps: math.MaxInt32}

// nextAttempt follows an attempt that failed, after a pause if it was the last
// placement's.
func (l *Lifecycle) nextAttempt(job *v1alpha1.FargateJob) {
	failed, slots := job.Status.Attempt, ecs.Slots(&job.Status.Resolved.TaskTemplate)
	l.recordAttempt(job)
	if failed%slots == 0 {
		job.Status.RetryTime = &metav1.Time{Time: l.Now().Add(roundPause(failed / slots))}
	}
}

// roundPause is the wait after as many rounds over all placements.
func roundPause(rounds int32) time.Duration {
	pauses := roundPauses
	for ; rounds > 1 && pauses.Steps > 0; rounds-- {
		pauses.Step()
	}
	return pauses.Duration
}

// recordAttempt counts the attempt that the next advance makes.
func (l *Lifecycle) recordAttempt(job *v1alpha1.FargateJob) {
	job.Status.Attempt++
	job.Status.RetryTime = nil
	l.attempts.record(job)
}

// retryTime is when the next round of attempts begins, zero for at once.
func retryTime(job *v1alpha1.FargateJob) time.Time {
	if job.Status.RetryTime == nil {
		return time.Time{}
	}
	return job.Status.RetryTime.Time
}
