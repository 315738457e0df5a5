package standalone

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/atomicfile"
	"github.com/fargate-operator/fargate-operator/internal/executor"
)

// maxStateSize limits how much is read from a file that may be anything. A
// Kubernetes object can be as large.
const maxStateSize = 1 << 20

// lockPause is the pause between two attempts to lock a state file. A stage
// keeps one locked for the duration of a call to AWS.
const lockPause = 20 * time.Millisecond

// state is a job's state file, locked against other stages of the job.
type state struct {
	job  *v1alpha1.FargateJob
	path string
	file *os.File
}

// createState writes a state file. It fails with fs.ErrExist if there is one.
func (s *Store) createState(job *v1alpha1.FargateJob) error {
	path, err := s.statePath(job.Name)
	if err != nil {
		return err
	}
	return writeState(path, job, atomicfile.Create)
}

// lockState reads a state file once no other stage has it locked. It fails with
// executor.ErrJobGone if there is none.
func (s *Store) lockState(ctx context.Context, name string) (*state, error) {
	path, err := s.statePath(name)
	if err != nil {
		return nil, err
	}
	file, err := openLocked(ctx, path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, executor.ErrJobGone
	}
	if err != nil {
		return nil, fmt.Errorf("reading the state file %s: %w", path, err)
	}
	job, err := readState(file, name)
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return &state{job: job, path: path, file: file}, nil
}

// readState reads a job from its state file.
func readState(file *os.File, name string) (*v1alpha1.FargateJob, error) {
	data, err := io.ReadAll(io.LimitReader(file, maxStateSize))
	if err != nil {
		return nil, fmt.Errorf("reading the state file %s: %w", file.Name(), err)
	}
	job, err := decode(name, data)
	if errors.Is(err, errDamaged) {
		return nil, fmt.Errorf("the state file %s %w: remove it once the job is over, then fargate sweep finds the job's task", file.Name(), err)
	}
	if err != nil {
		return nil, fmt.Errorf("the state file %s %w", file.Name(), err)
	}
	return job, nil
}

// openLocked opens a file and locks it. Writing replaces the file, so that its
// lock means nothing any more: then the new file must be locked.
func openLocked(ctx context.Context, path string) (*os.File, error) {
	for {
		file, err := atomicfile.Open(path, os.O_RDWR)
		if err != nil {
			return nil, err
		}
		current := false
		if err = lock(ctx, file); err == nil {
			current, err = isStill(file, path)
		}
		if err == nil && current {
			return file, nil
		}
		_ = file.Close()
		if err != nil {
			return nil, err
		}
	}
}

// lock waits for the lock of a file. It is released when the process ends.
func lock(ctx context.Context, file *os.File) error {
	for {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) {
			return err
		}
		select {
		case <-time.After(lockPause):
		case <-ctx.Done():
			return fmt.Errorf("another stage of the job, or fargate sweep, is at work: %w", context.Cause(ctx))
		}
	}
}

func isStill(file *os.File, path string) (bool, error) {
	opened, err := file.Stat()
	if err != nil {
		return false, err
	}
	present, err := os.Lstat(path)
	return err == nil && os.SameFile(opened, present), err
}

// write writes the state file, which also ends the lock.
func (s *state) write() error { return writeState(s.path, s.job, atomicfile.Replace) }

// removeState removes a job's state file, as far as it exists.
func (s *Store) removeState(name string) error {
	path, err := s.statePath(name)
	if err != nil {
		return err
	}
	if err := atomicfile.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the job's task is stopped, but its state file stays: %w", err)
	}
	return nil
}

func (s *state) unlock() { _ = s.file.Close() }

func writeState(path string, job *v1alpha1.FargateJob, write func(path string, data []byte) error) error {
	data, err := encode(job)
	if err == nil {
		err = write(path, data)
	}
	if err != nil {
		return fmt.Errorf("cannot write the state file %s: make sure that its directory exists, has space and is writable by the user that gitlab-runner runs as (uid %d): %w",
			path, os.Getuid(), err)
	}
	return nil
}
