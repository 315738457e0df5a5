package standalone

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/atomicfile"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/leftover"
	"github.com/fargate-operator/fargate-operator/internal/life"
)

// records reads all state files, except those that are removed meanwhile.
func (s *Store) records() ([]*record, error) {
	names, err := s.names()
	if err != nil {
		return nil, err
	}
	var records []*record
	for _, name := range names {
		if r := s.record(name); !errors.Is(r.err, fs.ErrNotExist) {
			records = append(records, r)
		}
	}
	return records, nil
}

// record reads a state file without a lock, as it is replaced in one step.
func (s *Store) record(name string) *record {
	r := &record{name: name}
	path, err := s.statePath(name)
	if err == nil {
		r.job, r.since, err = readRecord(path, name)
		r.age = s.now().Sub(r.since)
		r.ended = r.job != nil && life.Parse(r.job.Annotations[life.Annotation]).Ended(s.life)
	}
	r.err = err
	return r
}

func readRecord(path, name string) (job *v1alpha1.FargateJob, since time.Time, err error) {
	file, err := atomicfile.Open(path, os.O_RDONLY)
	if err != nil {
		return nil, since, fmt.Errorf("reading a state file: %w", err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, since, fmt.Errorf("reading a state file: %w", err)
	}
	job, err = readState(file, name)
	if err != nil {
		return nil, info.ModTime(), err
	}
	return job, job.CreationTimestamp.Time, nil
}

// date corrects when the jobs were created, and how long ago that was, by what
// ECS says about their tasks: this machine's clock may have been wrong then,
// and may be now.
func (s *Store) date(records []*record, tasks []leftover.Task) {
	for _, r := range records {
		for _, task := range tasks {
			if task.UID == s.uidOf(r) && leftover.MayOwn(r.job, task.ARN) {
				r.since, r.age = task.CreatedAt, task.Age
			}
		}
	}
}

// uidOf is the UID that the tasks of a recorded job have.
func (s *Store) uidOf(r *record) string {
	if r.job != nil {
		return string(r.job.UID)
	}
	return string(s.uid(r.name))
}

// tasks lists the tasks of this installation and of the adopted ones, wherever
// jobs have run or would run. The error says where they could not be listed.
func (s *Store) tasks(ctx context.Context, records []*record) ([]leftover.Task, error) {
	locations := sets.New[ecs.Location]()
	if s.class != nil {
		locations.Insert(ecs.LocationOf(&s.class.Spec.TaskTemplate))
	}
	for _, r := range records {
		if r.job != nil && r.job.Status.Resolved != nil {
			locations.Insert(ecs.LocationOf(&r.job.Status.Resolved.TaskTemplate))
		}
	}
	var tasks []leftover.Task
	var errs []error
	for _, id := range append([]string{s.installation.id}, s.adopted...) {
		found, err := leftover.List(ctx, s.clients, locations, id)
		tasks, errs = append(tasks, found...), append(errs, err)
	}
	return tasks, errors.Join(errs...)
}
