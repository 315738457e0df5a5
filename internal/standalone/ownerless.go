package standalone

import (
	"fmt"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/leftover"
)

// ownerless lists the tasks that no job owns. A damaged state file is an owner
// until it is past its end.
func (s *Store) ownerless(tasks []leftover.Task, records []*record, age time.Duration) []Leftover {
	jobs := leftover.Jobs{}
	for _, r := range records {
		if r.job != nil || r.pastEnd(age) == "" {
			jobs[s.uidOf(r)] = r.job
		}
	}
	var leftovers []Leftover
	for _, task := range jobs.Tasks(tasks, leftover.MinAge) {
		least, why := s.endOf(task)
		if age > 0 && least != never {
			least = age
		}
		if task.Age >= least {
			leftovers = append(leftovers, Leftover{
				Task:     task.ARN,
				Why:      fmt.Sprintf("it was started %s and %s", task.CreatedAt.UTC().Format(time.RFC3339), why),
				location: task.Location,
			})
		}
	}
	return leftovers
}

// endOf says from which age on a task that has no job in this directory is
// certainly nobody's, and why. A deadline counts from the task's start, both by
// ECS's clock: those of the machines may be wrong.
func (s *Store) endOf(task leftover.Task) (least time.Duration, why string) {
	switch {
	case task.Installation != s.installation.id:
		return leftover.MinAge, "its installation " + task.Installation + " is given up"
	case !s.installation.shared:
		return leftover.MinAge, "belongs to no job in " + s.directory
	case task.Namespace != "":
		return never, "belongs to Kubernetes"
	case task.Lifetime > 0:
		return task.Lifetime, fmt.Sprintf("is past its deadline, %s later", task.Lifetime)
	default:
		return longestLifetime, fmt.Sprintf("has no tag with its deadline, which is at most %s later", longestLifetime)
	}
}
