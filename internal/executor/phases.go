package executor

import (
	"fmt"
	"strings"
	"time"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

// Phases of a task's start, in addition to ECS's own states.
const (
	phaseLaunch = "launch" // until ECS has accepted the task
	phaseSSH    = "SSH"    // until the SSH server has let us in
)

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
	var texts []string
	for _, one := range p.spent {
		text := one.name + " " + seconds(one.time)
		if pull := imagePull(task).Round(time.Second); pull > 0 && one.name == "pending" {
			text += fmt.Sprintf(" (image pull about %s)", pull)
		}
		texts = append(texts, text)
	}
	return fmt.Sprintf("%s: %s", seconds(now.Sub(p.begun)), strings.Join(texts, ", "))
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
