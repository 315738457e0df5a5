package executor

import (
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
)

// refusalLines is how many of the last lines of a container's log are searched
// for the reason why its SSH server refused the key: at a verbose log level it
// logs some dozens for each connection.
const refusalLines = 200

// explainRefusal looks in the log of the job's container for the reason why its
// SSH server has refused the key, and adds that to the error. It returns the last
// lines of the log up to the reason for the job log, none if they cannot be had or
// for another error.
func (e *Executor) explainRefusal(ctx context.Context, key types.NamespacedName, err error) string {
	var refused *sshrun.AuthenticationError
	if e.LastLines == nil || !errors.As(err, &refused) {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, e.limits.refusal)
	defer cancel()
	job := e.jobNow(ctx, key)
	if job == nil {
		return ""
	}
	lines := e.awaitReason(ctx, job, refused)
	if reason := refused.Explain(lines); reason >= 0 {
		return showLines(lines[:reason+1])
	}
	refused.Eliminate(lines)
	return showLines(lines)
}

// awaitReason reads the container's log until it has the reason. It looks once where
// the reason is known or the log cannot be had.
func (e *Executor) awaitReason(ctx context.Context, job *v1alpha1.FargateJob, refused *sshrun.AuthenticationError) []string {
	for {
		lines, err := e.readLines(ctx, job, refusalLines)
		if err != nil || len(lines) == 0 || refused.NoPublicKeys || refused.Explain(lines) >= 0 {
			return lines
		}
		select {
		case <-time.After(e.limits.retry):
		case <-ctx.Done():
			return lines
		}
	}
}

// errSeen ends a watch after its first look.
var errSeen = errors.New("seen")

// jobNow returns the job as it is now, nil if the store cannot say.
func (e *Executor) jobNow(ctx context.Context, key types.NamespacedName) *v1alpha1.FargateJob {
	store, err := e.openStoreOf(key)
	if err != nil {
		return nil
	}
	var now *v1alpha1.FargateJob
	_ = store.Watch(ctx, key, func(seen *v1alpha1.FargateJob) error {
		now = seen
		return errSeen
	})
	return now
}
