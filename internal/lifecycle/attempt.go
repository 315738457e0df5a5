package lifecycle

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// After every placement has been tried once, the next round waits, doubling
// from the first to the second.
const minRoundPause, maxRoundPause = 5 * time.Second, time.Minute

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
	pause := minRoundPause
	for ; rounds > 1 && pause < maxRoundPause; rounds-- {
		pause *= 2
	}
	return min(pause, maxRoundPause)
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
