package standalone

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/leftover"
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
)

// Leftover is something that killed stages left behind: a job with or without a
// task, a task alone, or a connection file.
type Leftover struct {
	// Job is the job's name, empty for a task that belongs to no job.
	Job string
	// Task is the task's ARN, empty if it is not known.
	Task string
	// File is the path of a connection file, with the private key to a task.
	File string
	// Why is the reason, for people to read.
	Why string

	location   ecs.Location // of a task that belongs to no job
	connection executor.ConnectionFile
}

// Leftovers lists the jobs of the directory that are past their end, which is
// their active deadline, or the given age unless that is zero. It also lists
// the tasks of this installation and the connection files that belong to none
// of its jobs, if they are older than that age, or than five minutes if it is
// zero. The age of tasks, and of jobs that have one, is by ECS's clock.
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
	return slices.Concat(leftovers, s.ownerless(tasks, records, age), connections), errors.Join(tasksErr, unreadable, err)
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

// ownerless lists the tasks that no job owns. A damaged state file is an owner
// until it is past its end.
func (s *Store) ownerless(tasks []leftover.Task, records []*record, age time.Duration) []Leftover {
	jobs := leftover.Jobs{}
	for _, r := range records {
		if r.job != nil || r.pastEnd(age) == "" {
			jobs[string(s.uid(r.name))] = r.job
		}
	}
	var leftovers []Leftover
	for _, task := range jobs.Tasks(tasks, max(age, leftover.MinAge)) {
		leftovers = append(leftovers, Leftover{
			Task:     task.ARN,
			Why:      fmt.Sprintf("it was started %s and belongs to no job in %s", task.CreatedAt.UTC().Format(time.RFC3339), s.directory),
			location: task.Location,
		})
	}
	return leftovers
}

// connections lists the connection files that no job of the directory needs.
func (s *Store) connections(records []*record, age time.Duration) ([]Leftover, error) {
	files, err := executor.ConnectionFiles(s.directory)
	if err != nil {
		return nil, err
	}
	over := map[string]bool{} // for the jobs of the directory
	for _, r := range records {
		over[r.name] = r.pastEnd(age) != ""
	}
	var leftovers []Leftover
	for _, file := range files {
		ended, known := over[file.Job.Name]
		if known && !ended || !known && s.now().Sub(file.Written) < leastAge(file, age) {
			continue
		}
		leftovers = append(leftovers, Leftover{
			File:       file.Path,
			Why:        fmt.Sprintf("it was written %s and its job is over", file.Written.UTC().Format(time.RFC3339)),
			connection: file,
		})
	}
	return leftovers, nil
}

// leastAge is how old a connection file must be to be removed if its job is not
// in the directory.
func leastAge(file executor.ConnectionFile, age time.Duration) time.Duration {
	switch {
	case age > 0:
		return max(age, leftover.MinAge)
	case file.Job.Name == "" || file.Job.Namespace != "":
		return longestLifetime
	default:
		return leftover.MinAge
	}
}

// Stop stops the task of a leftover, and removes the job's state file. For a
// connection file it removes only the file.
func (s *Store) Stop(ctx context.Context, l Leftover) error {
	const reason = "fargate sweep: the CI job is over and was not cleaned up"
	if l.File != "" {
		return l.connection.Remove()
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
}

// pastEnd says why a job is past its end. It is empty for other jobs.
func (r *record) pastEnd(age time.Duration) string {
	since := r.since.UTC().Format(time.RFC3339)
	switch {
	case r.job == nil && !errors.Is(r.err, errDamaged):
		return "" // It is not ours.
	case age > 0 && r.age <= age, age <= 0 && r.age <= r.lifetime():
		return ""
	case r.job == nil:
		return "its state file was written " + since + " and is damaged"
	case age > 0:
		return fmt.Sprintf("%s was created %s, more than %s ago", identify(r.job), since, age)
	default:
		return fmt.Sprintf("%s was created %s and is past its end, %s later", identify(r.job), since, r.lifetime())
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

// identify says which CI job it is.
func identify(job *v1alpha1.FargateJob) string {
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
