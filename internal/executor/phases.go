package executor

import (
	"fmt"
	"strings"
	"time"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// Phases of a task's start, in addition to ECS's own states.
const (
	phaseCreate     = "creating the job"           // until its store has it
	phaseController = "waiting for the controller" // until that has written a status
	phaseLaunch     = "launch"                     // until ECS has accepted the task
	phaseSSH        = "SSH"                        // until the SSH server has let us in
)

// short is the time up to which what is before the launch is part of it, and a
// task's state is seen late because of the looks' pauses.
const short = 5 * time.Second

// phases measures the start of a task as the executor sees it. It uses only its
// own clock, and only the time passed: clocks that differ or jump don't matter.
type phases struct {
	begun   time.Time
	entered time.Time
	current string
	spent   []phase
}

type phase struct {
	name string
	time time.Duration
}

// enter ends the current phase and begins another. Entering the current phase
// changes nothing.
func (p *phases) enter(name string) {
	if name == p.current {
		return
	}
	now := time.Now()
	p.end(now)
	p.current, p.entered = name, now
}

// end adds up the time of the current phase, which may occur more than once: a
// launch that is tried again starts over.
func (p *phases) end(now time.Time) {
	if p.current == "" {
		p.begun = now
		return
	}
	took := now.Sub(p.entered)
	for i := range p.spent {
		if p.spent[i].name == p.current {
			p.spent[i].time += took
			return
		}
	}
	p.spent = append(p.spent, phase{p.current, took})
}

// summary ends the last phase and returns the times of all of them, with how
// much of it the image pull took.
func (p *phases) summary(task *v1alpha1.TaskStatus) string {
	now := time.Now()
	p.end(now)
	p.current = ""
	unseen := p.takeUnseen(task)
	var texts []string
	for _, one := range p.withLaunch() {
		text := one.name + " " + seconds(one.time)
		if pull := imagePull(task).Round(time.Second); pull > 0 && one.name == "pending" {
			text += fmt.Sprintf(" (image pull about %s)", pull)
		}
		texts = append(texts, text)
	}
	if unseen > 0 {
		texts = append(texts, "no news "+seconds(unseen))
	}
	return fmt.Sprintf("%s: %s", seconds(now.Sub(p.begun)), strings.Join(texts, ", "))
}

// withLaunch returns the phases. What came before the launch is part of it if it
// was short, as it normally is.
func (p *phases) withLaunch() []phase {
	var shown []phase
	launch := phase{name: phaseLaunch}
	for _, one := range p.spent {
		before := one.name == phaseCreate || one.name == phaseController
		if before && one.time < short || one.name == phaseLaunch {
			launch.time += one.time
			continue
		}
		if !before && launch.name != "" {
			shown = append(shown, launch)
			launch = phase{}
		}
		shown = append(shown, one)
	}
	if launch.name != "" {
		shown = append(shown, launch)
	}
	return shown
}

// takeUnseen takes out of the phases how much longer the task seemed to start
// than it did by ECS's clock, and returns that: the controller or the API server
// was away meanwhile.
func (p *phases) takeUnseen(task *v1alpha1.TaskStatus) time.Duration {
	if task == nil || task.CreationTime == nil || task.StartTime == nil {
		return 0
	}
	var seen time.Duration
	var longest *phase
	for i := range p.spent {
		switch one := &p.spent[i]; one.name {
		case "provisioning", "pending", "activating":
			seen += one.time
			if longest == nil || one.time > longest.time {
				longest = one
			}
		}
	}
	unseen := seen - task.StartTime.Sub(task.CreationTime.Time)
	if unseen < short {
		return 0
	}
	unseen = min(unseen, longest.time)
	longest.time -= unseen
	return unseen
}

// imagePull is the difference of two times of ECS's clock, which a FargateJob
// has in whole seconds.
func imagePull(task *v1alpha1.TaskStatus) time.Duration {
	if task == nil || task.PullStartTime == nil || task.PullStopTime == nil {
		return 0
	}
	return task.PullStopTime.Sub(task.PullStartTime.Time)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1fs", d.Seconds()) }
