package executor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
)

// gracePeriod is the time between SIGTERM and SIGKILL for the processes of a
// canceled script.
const gracePeriod = 10 * time.Second

// ErrRunnerGone is the cause of a context that ends because gitlab-runner is no
// longer there.
var ErrRunnerGone = errors.New("gitlab-runner is gone")

// Run runs the script of one sub-stage on the attempt's task. Its output goes
// to Stdout and Stderr byte for byte. A script that fails is a
// *gitlab.BuildFailure; every other error is a system failure.
//
// When ctx ends, Run ends every process of the script before it returns; the
// task keeps running, unless the cause is ErrRunnerGone: then nobody else would
// clean up, and Run does. Run calls the job store only if a connection fails or is
// refused, or if a signal ends the script, to find out why.
func (e *Executor) Run(ctx context.Context, script string, stage gitlab.Stage) error {
	body, err := openScript(script, stage)
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	conn, target, err := e.connect()
	if err != nil {
		return err
	}
	if conn.ended() {
		return lostBefore(stage, conn)
	}
	e.Log.Info("Running a script", "job", conn.Name, "stage", string(stage))
	err = e.deliver(ctx, conn.job(), e.within(target), sshrun.Script{
		Body:        body,
		Shell:       shellOf(script),
		Stdout:      e.Stdout,
		Stderr:      e.Stderr,
		GracePeriod: gracePeriod,
	})
	err = e.judge(ctx, conn, stage, err)
	if errors.Is(context.Cause(ctx), ErrRunnerGone) {
		err = errors.Join(err, e.Cleanup(ctx))
	}
	return err
}

// shellOf returns the shell that a script is written for, by the name that the
// runner gives its file: script.ps1 for PowerShell, script. for others.
func shellOf(path string) sshrun.Shell {
	if filepath.Ext(path) == ".ps1" {
		return sshrun.PowerShell
	}
	return sshrun.POSIX
}

func openScript(path string, stage gitlab.Stage) (*os.File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the script of stage %s, check that gitlab-runner calls this program with the script's path and the stage as its last arguments: %w", stage, err)
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a directory", path)
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("cannot read the script of stage %s, give the path of its file: %w", stage, err)
	}
	return file, nil
}

// connect reads from the connection file how to reach the attempt's task.
func (e *Executor) connect() (*connection, sshrun.Target, error) {
	path, err := e.connectionPath()
	if err != nil {
		return nil, sshrun.Target{}, err
	}
	conn, err := readConnection(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, sshrun.Target{}, fmt.Errorf("there is no connection file, check that the prepare stage ran before with the same --config and TMPDIR, and that no cleanup ran in between: %w", err)
	}
	if err != nil {
		return nil, sshrun.Target{}, err
	}
	target, err := conn.target()
	if err != nil {
		return nil, sshrun.Target{}, fmt.Errorf("the connection file %s cannot be used, retry the job: %w", path, err)
	}
	return conn, target, nil
}
