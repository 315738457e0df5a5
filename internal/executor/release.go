package executor

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
)

// deleteJob deletes a job, also when the stage itself has been cancelled: it
// has a few seconds for that.
func (e *Executor) deleteJob(ctx context.Context, store JobStore, job types.NamespacedName) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.limits.release)
	defer cancel()
	silent := outage{limit: e.limits.release, pause: e.limits.retry, notify: func(error) {}}
	return silent.through(ctx, func() error { return store.Delete(ctx, job) })
}

// release deletes an attempt's job and its connection file. If the job cannot
// be deleted, the file stays without the private key, so that cleaning up
// again can still find the job.
func (e *Executor) release(ctx context.Context, store JobStore, path string, conn *connection) error {
	if err := e.deleteJob(ctx, store, conn.job()); err != nil {
		words := wordsFor(conn.job())
		err = fmt.Errorf("%s is not deleted, %s or run the cleanup stage again: %w", words.job, words.undeleted, err)
		return errors.Join(err, forgetKey(path, conn))
	}
	return removeConnection(path)
}
