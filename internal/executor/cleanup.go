package executor

import (
	"context"
	"errors"
	"io/fs"
)

// Cleanup deletes the attempt's FargateJob and its connection file. It does not
// wait until the task has stopped. It may run while a run stage still lives,
// and any number of times; where prepare created nothing there is nothing to
// do.
//
// A job that could not be deleted, be it that its store cannot be opened, leaves
// the connection file, without its private key: another Cleanup can find the job
// by it. Without that the job ends at its active deadline.
func (e *Executor) Cleanup(ctx context.Context) error {
	progress := newProgress(e.Stdout)
	path, err := e.connectionPath()
	if err != nil {
		return err
	}
	conn, err := readConnection(path)
	if errors.Is(err, fs.ErrNotExist) {
		progress.sayf("nothing to clean up: there is no connection file %s", path)
		return removeConnection(path) // Its first write may have been cut off.
	}
	if err != nil {
		return err
	}
	store, err := e.openStoreOf(conn.job())
	if err != nil {
		return errors.Join(err, forgetKey(path, conn))
	}
	if err := e.release(ctx, store, path, conn); err != nil {
		return err
	}
	name := store.Words(conn.job()).Job
	e.Log.Info("Deleted a job", "job", name)
	progress.sayf("deleted %s, its task is being stopped", name)
	return nil
}
