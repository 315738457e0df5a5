package executor

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
)

// deleteJob deletes a job within a few seconds, even if the stage itself has
// been canceled.
func (e *Executor) deleteJob(ctx context.Context, store JobStore, job types.NamespacedName) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.limits.release)
	defer cancel()
	silent := outage{limit: e.limits.release, pause: e.limits.retry, report: func(error) {}}
	return silent.through(ctx, func() error { return store.Delete(ctx, job) })
}

// release deletes an attempt's job and its connection file. If the job cannot be
// deleted, the file stays without the private key, so that another cleanup can
// still find the job.
func (e *Executor) release(ctx context.Context, store JobStore, path string, conn *connection) error {
	if err := e.deleteJob(ctx, store, conn.job()); err != nil {
		words := wordsFor(conn.job())
		err = fmt.Errorf("%s was not deleted, %s or run the cleanup stage again: %w", words.job, words.undeleted, err)
		return errors.Join(err, forgetKey(path, conn))
	}
	return removeConnection(path)
}
