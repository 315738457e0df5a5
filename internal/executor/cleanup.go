package executor

import (
	"context"
	"errors"
	"io/fs"

	"k8s.io/apimachinery/pkg/types"
)

// Cleanup deletes the attempt's FargateJob and its connection file. It does not
// wait until the task has stopped. It may run any number of times, also while a
// run stage is still alive; if prepare created nothing, it does nothing.
//
// If the connection file is damaged, or not this user's, Cleanup derives the job's name. If the job
// cannot be deleted, for example because its store cannot be opened, the
// connection file stays, without its private key, so that another Cleanup can
// find the job. Without one, the job ends at its active deadline.
func (e *Executor) Cleanup(ctx context.Context) error {
	progress := newProgress(e.Stdout)
	path, err := e.connectionPath()
	if err != nil {
		return err
	}
	conn, err := readConnection(path)
	if errors.Is(err, fs.ErrNotExist) {
		progress.sayf("nothing to clean up: there is no connection file %s", path)
		return removeConnection(path) // Its first write may have been interrupted.
	}
	if isUnusable(err) {
		progress.sayf("%s", err)
		conn, err = e.presumedConnection()
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
	name := wordsFor(conn.job()).job
	e.Log.Info("Deleted a job", "job", name)
	progress.sayf("deleted %s, its task is being stopped", name)
	return nil
}

// presumedConnection stands in for a damaged connection file. It connects to
// nothing, but names the job that this attempt creates.
func (e *Executor) presumedConnection() (*connection, error) {
	ci, err := e.Environment.ReadJob()
	if err != nil {
		return nil, err
	}
	name, err := e.jobName(&ci)
	if err != nil {
		return nil, err
	}
	_, namespace, err := e.OpenStore()
	if err != nil {
		return nil, err
	}
	return newConnection(types.NamespacedName{Namespace: namespace, Name: name}, nil), nil
}
