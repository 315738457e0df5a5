package executor

import (
	"context"
	"errors"
	"io/fs"

	"k8s.io/apimachinery/pkg/types"
)

// Cleanup deletes the attempt's FargateJob and its connection file. It does not
// wait until the task has stopped. It may run while a run stage still lives,
// and any number of times; where prepare created nothing there is nothing to
// do.
//
// The job of a connection file that is damaged is known by its name. A job that
// could not be deleted, be it that its store cannot be opened, leaves the
// connection file, without its private key: another Cleanup can find the job by
// it. Without that the job ends at its active deadline.
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
	if errors.Is(err, errDamaged) {
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

// presumedConnection stands for a connection file that is damaged. It connects
// to nothing, but names the job that this attempt creates.
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
