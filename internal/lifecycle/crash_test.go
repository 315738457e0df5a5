package lifecycle

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// listedAfter is how long after its launch ECS lists a task.
const listedAfter = SettleTime - SettlePause

// event is something that can happen to a job, followed by an advance.
type event struct {
	name string
	// before changes the world before the job is advanced.
	before func(*testing.T, *world)
	// dies and unwritten say what becomes of the advance: the process dies before
	// it writes the status, or the write fails.
	dies, unwritten bool
}

var events = []event{
	{name: "fine"},
	{name: "dies", dies: true},
	{name: "unwritten", unwritten: true},
	{name: "answer lost", before: loseAnswer},
	{name: "answer lost and dies", before: loseAnswer, dies: true},
	{name: "called off", before: callOff},
	{name: "refused", before: refuseLaunch},
	{name: "refused and unwritten", before: refuseLaunch, unwritten: true},
	{name: "task fails", before: failTask},
	{name: "task fails and unwritten", before: failTask, unwritten: true},
}

func loseAnswer(_ *testing.T, w *world)   { w.cloud.LoseAnswers("Launch", 1) }
func callOff(_ *testing.T, w *world)      { w.cloud.CallOff("Launch", 1) }
func refuseLaunch(_ *testing.T, w *world) { w.cloud.Fail("Launch", 1, noQuota) }

// failTask ends the job's task before it ran, by a fault that passes.
func failTask(t *testing.T, w *world) {
	t.Helper()
	task := w.stored.Status.Task
	if task == nil {
		return
	}
	w.cloud.End(task.ARN)
	seen := ecs.Observation{Task: v1alpha1.TaskStatus{ARN: task.ARN, LastStatus: ecs.Stopped}}
	stoppedBy(v1alpha1.ReasonTaskFailedToStart, "Capacity is unavailable at this time.")(&seen)
	w.observers.Show(seen)
}

// history is a world in which time passes, and ECS lists tasks late.
type history struct {
	*world
	launched time.Time // when the last task was
	tasks    int
}

// happen lets an event happen.
func (h *history) happen(t *testing.T, e event) {
	t.Helper()
	if e.before != nil {
		e.before(t, h.world)
	}
	job, _, _ := h.attempt(t)
	switch {
	case e.dies:
		h.restart()
	case !e.unwritten:
		h.stored = job
	}
	h.cloud.Recover()
	h.pass()
}

// pass lets time pass.
func (h *history) pass() {
	if tasks := len(h.cloud.Tasks()); tasks > h.tasks {
		h.tasks, h.launched = tasks, h.clock.Now()
	}
	h.clock.Step(SettlePause)
	h.cloud.Hide(h.clock.Since(h.launched) < listedAfter)
}

// play lets events happen, one after another, to a job whose first attempt is
// recorded.
func play(t *testing.T, sequence []event) *history {
	t.Helper()
	h := &history{world: newWorld()}
	h.happen(t, events[0])
	for _, e := range sequence {
		h.happen(t, e)
		if running := h.cloud.Running(); len(running) > 1 {
			t.Fatalf("%s: two tasks: %v", names(sequence), running)
		}
	}
	return h
}

func names(sequence []event) string {
	var names []string
	for _, e := range sequence {
		names = append(names, e.name)
	}
	return strings.Join(names, ", ")
}

// inAllOrders calls test with every sequence of as many events.
func inAllOrders(length int, sequence []event, test func([]event)) {
	if length == 0 {
		test(sequence)
		return
	}
	for _, e := range events {
		inAllOrders(length-1, append(sequence[:len(sequence):len(sequence)], e), test)
	}
}

// length is of a sequence of events.
const length = 3

// patience is how many steps a job may take to get over everything that has
// happened to it: its search, and the pauses after its rounds.
const patience = 200

func TestCrash_InEveryOrder_TheJobGetsOneTask(t *testing.T) {
	t.Parallel()
	for _, first := range events {
		t.Run(first.name, func(t *testing.T) {
			t.Parallel()
			inAllOrders(length-1, []event{first}, func(sequence []event) {
				h := play(t, sequence)
				for range patience {
					if h.stored.Status.Task != nil && len(h.cloud.Running()) > 0 {
						break
					}
					h.happen(t, events[0])
				}
				running := h.cloud.Running()
				if len(running) != 1 || h.stored.Status.Task == nil || h.stored.Status.Task.ARN != running[0] {
					t.Fatalf("%s: the job has task %+v; running are %v", names(sequence), h.stored.Status.Task, running)
				}
			})
		})
	}
}

func TestCrash_InEveryOrder_ADeletedJobLeavesNoTask(t *testing.T) {
	t.Parallel()
	for _, first := range events {
		t.Run(first.name, func(t *testing.T) {
			t.Parallel()
			inAllOrders(length-1, []event{first}, func(sequence []event) {
				h := play(t, sequence)
				if !h.release(t, patience) {
					t.Fatalf("%s: the release does not settle", names(sequence))
				}
				if running := h.cloud.Running(); len(running) != 0 {
					t.Fatalf("%s: tasks are left: %v", names(sequence), running)
				}
			})
		})
	}
}

// release releases the job until that has settled.
func (h *history) release(t *testing.T, patience int) bool {
	t.Helper()
	for range patience {
		settled, err := h.process.Release(context.Background(), h.stored.DeepCopy(), "deleted")
		if err != nil {
			t.Fatal(err)
		}
		if settled {
			return true
		}
		h.pass()
	}
	return false
}
