package lifecycle

import (
	"errors"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// state is how far an attempt to launch a job's task has come.
type state int

const (
	// asked means that ECS was asked for the task and has not answered, or that
	// another process recorded the attempt, which may have asked.
	asked state = iota
	// recorded means that ECS has not been asked.
	recorded
	// refused means that ECS will not start the task.
	refused
	// launched means that the task is known.
	launched
)

// attempt is what this process knows of one attempt.
type attempt struct {
	state   state
	task    *v1alpha1.TaskStatus // once launched
	refusal *ecs.Error           // once refused
	// inDoubt is true if an answer to the attempt was lost, or may have been lost
	// by another process: a refusal that came later does not say that there is no
	// task.
	inDoubt bool
}

// mayHaveTask reports whether ECS may have a task of the attempt that nobody
// knows.
func (a attempt) mayHaveTask() bool {
	return a.state != launched && (a.state == asked || a.inDoubt)
}

// ledger keeps all attempts of each job, by their number: an object may be of an
// earlier attempt than the one that was recorded last.
type ledger struct {
	attempts byJob[map[int32]attempt]
}

// of returns the attempt that a job is in.
func (l *ledger) of(job *v1alpha1.FargateJob) attempt {
	var found attempt
	l.attempts.update(job, func(known *map[int32]attempt) { found = lookUp(*known, job.Status.Attempt) })
	return found
}

// lookUp returns an attempt. One that this process did not record is in doubt.
func lookUp(known map[int32]attempt, number int32) attempt {
	if a, ok := known[number]; ok {
		return a
	}
	return attempt{state: asked, inDoubt: true}
}

// change changes the attempt that a job is in.
func (l *ledger) change(job *v1alpha1.FargateJob, change func(*attempt)) {
	l.attempts.update(job, func(known *map[int32]attempt) {
		a := lookUp(*known, job.Status.Attempt)
		change(&a)
		if *known == nil {
			*known = map[int32]attempt{}
		}
		(*known)[job.Status.Attempt] = a
	})
}

// record begins an attempt. One that is known stays as it is: then the object is
// older, or its write failed.
func (l *ledger) record(job *v1alpha1.FargateJob) {
	l.attempts.update(job, func(known *map[int32]attempt) {
		if *known == nil {
			*known = map[int32]attempt{}
		}
		if _, ok := (*known)[job.Status.Attempt]; !ok {
			(*known)[job.Status.Attempt] = attempt{state: recorded}
		}
	})
}

// ask notes that ECS is being asked for the task.
func (l *ledger) ask(job *v1alpha1.FargateJob) {
	l.change(job, func(a *attempt) { a.state = asked })
}

// answer notes what came of asking: a task, an *ecs.Error, or no answer.
func (l *ledger) answer(job *v1alpha1.FargateJob, task *v1alpha1.TaskStatus, err error) {
	l.change(job, func(a *attempt) {
		var fault *ecs.Error
		switch {
		case err == nil:
			*a = attempt{state: launched, task: task.DeepCopy()}
			return
		case !errors.As(err, &fault) || fault.AnswerLost:
			a.inDoubt = true
		}
		switch {
		case fault != nil && fault.Class != ecs.RetrySame:
			a.state, a.refusal = refused, fault
		case !a.inDoubt:
			a.state = recorded
		}
	})
}

// clear notes that a search has found no task of the attempt.
func (l *ledger) clear(job *v1alpha1.FargateJob) {
	l.change(job, func(a *attempt) { a.inDoubt = false })
}

// mayHaveTask reports whether ECS may have a task of a job that neither the
// job's status nor this process knows.
func (l *ledger) mayHaveTask(job *v1alpha1.FargateJob) bool {
	may := job.Status.Task == nil && l.of(job).mayHaveTask()
	l.attempts.update(job, func(known *map[int32]attempt) {
		for number, later := range *known {
			may = may || number > job.Status.Attempt && later.mayHaveTask()
		}
	})
	return may
}

// tasks returns the ARNs of the tasks that this process launched for a job, in
// the job's attempt or in later ones that its status does not show yet.
func (l *ledger) tasks(job *v1alpha1.FargateJob) []string {
	var arns []string
	l.attempts.update(job, func(known *map[int32]attempt) {
		for number, a := range *known {
			if number >= job.Status.Attempt && a.state == launched {
				arns = append(arns, a.task.ARN)
			}
		}
	})
	return arns
}

func (l *ledger) forget(job types.NamespacedName) { l.attempts.forget(job) }
