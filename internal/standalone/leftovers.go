package standalone

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/executor"
)

const (
	// unknownLifetime bounds a job that has no active deadline, or whose state
	// file cannot be read. The executor uses the same for a job without a
	// timeout.
	unknownLifetime = 24*time.Hour + 30*time.Minute
	// longestLifetime is how old a connection file must be to be removed if its
	// job is not in this store: no job in Kubernetes lives longer. Source: the
	// maximum of spec.activeDeadlineSeconds.
	longestLifetime = 31 * 24 * time.Hour
	// never is the age of nothing.
	never = time.Duration(math.MaxInt64)
)

// Leftover is something that killed stages left behind: a job with or without a
// task, a task alone, a connection file or a draft.
type Leftover struct {
	// Job is the job's name, empty for a task that belongs to no job.
	Job string
	// Task is the task's ARN, empty if it is not known.
	Task string
	// File is the path of a connection file, with the private key to a task, or of
	// the draft of a file.
	File string
	// Why is the reason, for people to read.
	Why string

	location ecs.Location // of a task that belongs to no job
}

// Leftovers lists the jobs of the directory that are past their end, which is
// their active deadline, or the given age unless that is zero, and those whose
// runner has certainly ended. It also lists drafts of files, and
// the tasks of this installation and the connection files that belong to none
// of its jobs, if they are older than that age, or than five minutes if it is
// zero; and likewise the tasks of adopted installations. If other machines may
// have this installation's id, a task counts from the deadline in its tags
// instead, unless there is an age. The age of tasks, and of jobs that have one, is
// by ECS's clock.
//
// The error reports what could not be checked; the list has all the rest.
func (s *Store) Leftovers(ctx context.Context, age time.Duration) ([]Leftover, error) {
	earlier, err := s.records()
	if err != nil {
		return nil, err
	}
	// The cloud is listed before the jobs, as package leftover requires.
	tasks, tasksErr := s.tasks(ctx, earlier)
	records, err := s.records()
	if err != nil {
		return nil, err
	}
	s.date(records, tasks)
	leftovers, unreadable := s.overdue(records, age)
	connections, err := s.connections(records, age)
	drafts, draftsErr := s.drafts(age)
	return slices.Concat(leftovers, s.ownerless(tasks, records, age), connections, drafts), errors.Join(tasksErr, unreadable, err, draftsErr)
}

// overdue lists the jobs that are past their end. The error reports state files
// that cannot be read and may belong to jobs that are not.
func (s *Store) overdue(records []*record, age time.Duration) ([]Leftover, error) {
	var leftovers []Leftover
	var unreadable []error
	for _, r := range records {
		if why := r.pastEnd(age); why != "" {
			leftovers = append(leftovers, Leftover{Job: r.name, Task: r.task(), Why: why})
		} else if r.job == nil {
			unreadable = append(unreadable, r.err)
		}
	}
	return leftovers, errors.Join(unreadable...)
}

// Stop stops the task of a leftover, and removes the job's state file. For a
// file it removes only that.
func (s *Store) Stop(ctx context.Context, l Leftover) error {
	const reason = "fargate sweep: the CI job is over and was not cleaned up"
	if l.File != "" {
		return executor.ConnectionFile{Path: l.File}.Remove()
	}
	if l.Job == "" {
		return s.clients.Stop(ctx, l.location, l.Task, reason)
	}
	err := s.end(ctx, l.Job, reason)
	if !errors.Is(err, errDamaged) {
		return err
	}
	// Its task, if there is one, is a separate leftover.
	return s.removeState(l.Job)
}

// record is what a state file says about a job.
type record struct {
	name  string
	job   *v1alpha1.FargateJob // nil if it cannot be read
	err   error                // why not
	since time.Time            // when the job was created, or else when the file was written
	age   time.Duration        // how long ago that was
	ended bool                 // the runner that began the job has certainly ended
}

// pastEnd says why a job is past its end. It is empty for other jobs.
func (r *record) pastEnd(age time.Duration) string {
	since := r.since.UTC().Format(time.RFC3339)
	switch {
	case r.job == nil && !errors.Is(r.err, errDamaged):
		return "" // It is not ours.
	case r.ended:
		return Identify(r.job) + " was created " + since + " by a runner that has ended"
	case age > 0 && r.age <= age, age <= 0 && r.age <= r.lifetime():
		return ""
	case r.job == nil:
		return "its state file was written " + since + " and is damaged"
	case age > 0:
		return fmt.Sprintf("%s was created %s, more than %s ago", Identify(r.job), since, age)
	default:
		return fmt.Sprintf("%s was created %s and is past its end, %s later", Identify(r.job), since, r.lifetime())
	}
}

func (r *record) lifetime() time.Duration {
	if r.job == nil || r.job.Spec.ActiveDeadlineSeconds == 0 {
		return unknownLifetime
	}
	return time.Duration(r.job.Spec.ActiveDeadlineSeconds) * time.Second
}

// task is the ARN of the job's task as far as it is known.
func (r *record) task() string {
	if r.job == nil || r.job.Status.Task == nil {
		return ""
	}
	return r.job.Status.Task.ARN
}

// Identify says which CI job it is, in words of its author: print it as such.
func Identify(job *v1alpha1.FargateJob) string {
	identity := &job.Spec.Job
	text := fmt.Sprintf("CI job %d", identity.ID)
	if identity.Name != "" {
		text += fmt.Sprintf(" %q", identity.Name)
	}
	if identity.ProjectPath != "" {
		text += " of " + identity.ProjectPath
	}
	return text
}
