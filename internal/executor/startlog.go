package executor

import (
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

const (
	sectionName  = "fargate_task"
	sectionTitle = "Starting the job's task on AWS Fargate"
)

// startLog is what the job log shows of a task's start: a section that GitLab
// shows collapsed, and below it how long the start took.
type startLog struct {
	*progress
	phases phases
	task   *v1alpha1.TaskStatus // as last seen
	// containerLog has the last lines that the container wrote before it ended.
	containerLog string
}

func (s *startLog) open() {
	s.write(gitlab.SectionStart(sectionName, sectionTitle, time.Now()))
	s.phases.enter(phaseCreate)
}

// see logs the job's current state.
func (s *startLog) see(job *v1alpha1.FargateJob) {
	task := job.Status.Task
	if task == nil {
		if len(job.Status.Conditions) > 0 {
			s.phases.enter(phaseLaunch)
		}
		return
	}
	if s.task == nil || s.task.ARN != task.ARN {
		s.sayf("task %s", task.ARN)
		if page := consolePage(task.ARN); page != "" {
			s.sayf("%s", page)
		}
	}
	s.task = task
	switch {
	case s.phases.current == phaseSSH: // lasts to the end, whatever happens to the task
	case meta.IsStatusConditionTrue(job.Status.Conditions, v1alpha1.ConditionReady):
		s.phases.enter(phaseSSH)
	case task.LastStatus != "":
		s.phases.enter(strings.ToLower(task.LastStatus))
	}
}

// close ends the section. What it writes after that is visible without opening
// the section.
func (s *startLog) close(err error) {
	s.write(gitlab.SectionEnd(sectionName, time.Now()))
	state := "ready"
	if err != nil {
		state = "given up"
	}
	where := ""
	if s.task != nil {
		where = place(s.task)
	}
	s.write(text.OneLine(fmt.Sprintf("The task%s is %s after %s", where, state, s.phases.summary(s.task))) + "\n")
	if err == nil || s.task == nil {
		return
	}
	s.write(s.containerLog)
	if page := consolePage(s.task.ARN); page != "" {
		s.write("The task's page with its containers and their logs: " + page + "\n")
	}
}
