package leftover_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/leftover"
)

// job returns a job whose task has an ARN, or is not known if that is empty.
func job(arn string, stalled metav1.ConditionStatus) *v1alpha1.FargateJob {
	job := &v1alpha1.FargateJob{}
	if arn != "" {
		job.Status.Task = &v1alpha1.TaskStatus{ARN: arn}
	}
	if stalled != "" {
		job.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionStalled, Status: stalled}}
	}
	return job
}

func TestTasks_JobOfTheTask_DecidesWhetherItIsLeftOver(t *testing.T) {
	const uid, arn = "uid", "arn:task"
	for name, test := range map[string]struct {
		jobs     leftover.Jobs
		leftOver bool
	}{
		"no job":                          {leftover.Jobs{}, true},
		"another job":                     {leftover.Jobs{"other": job("", "")}, true},
		"a job without a task yet":        {leftover.Jobs{uid: job("", "")}, false},
		"a job with this task":            {leftover.Jobs{uid: job(arn, "")}, false},
		"a job with another task":         {leftover.Jobs{uid: job("arn:other", "")}, true},
		"a stalled job with this task":    {leftover.Jobs{uid: job(arn, metav1.ConditionTrue)}, false},
		"a stalled job with another task": {leftover.Jobs{uid: job("arn:other", metav1.ConditionTrue)}, true},
		"a stalled job without a task":    {leftover.Jobs{uid: job("", metav1.ConditionTrue)}, true},
		"a job that is not stalled":       {leftover.Jobs{uid: job("", metav1.ConditionFalse)}, false},
		"a job that cannot be read":       {leftover.Jobs{uid: nil}, false},
	} {
		t.Run(name, func(t *testing.T) {
			task := leftover.Task{OwnedTask: ecs.OwnedTask{ARN: arn, UID: uid, Age: time.Hour}}
			found := test.jobs.Tasks([]leftover.Task{task}, leftover.MinAge)
			if leftOver := len(found) == 1; leftOver != test.leftOver {
				t.Errorf("left over: %t, want %t", leftOver, test.leftOver)
			}
		})
	}
}

func TestTasks_YoungerThanTheLeastAge_AreNotLeftOver(t *testing.T) {
	var tasks []leftover.Task
	for _, age := range []time.Duration{-time.Hour, 0, time.Minute - 1, time.Minute, time.Hour} {
		tasks = append(tasks, leftover.Task{OwnedTask: ecs.OwnedTask{ARN: age.String(), UID: "gone", Age: age}})
	}
	if diff := cmp.Diff(tasks[3:], leftover.Jobs{}.Tasks(tasks, time.Minute)); diff != "" {
		t.Errorf("tasks left over differ (-want +got):\n%s", diff)
	}
}

// cloud has the tasks of clusters. The cluster without a name does not answer.
type cloud map[string][]ecs.OwnedTask

var errNoAnswer = errors.New("no answer")

func (c cloud) ListOwned(_ context.Context, loc ecs.Location, installation string) ([]ecs.OwnedTask, error) {
	if loc.Cluster == "" || installation != "ours" {
		return nil, errNoAnswer
	}
	return c[loc.Cluster], nil
}

func TestList_OneClusterDoesNotAnswer_ListsTheOthersTasks(t *testing.T) {
	a, b := ecs.Location{Cluster: "a"}, ecs.Location{Cluster: "b"}
	tasks, err := leftover.List(t.Context(), cloud{"a": {{ARN: "1"}, {ARN: "2"}}, "b": {{ARN: "3"}}}, sets.New(a, b, ecs.Location{}), "ours")
	if !errors.Is(err, errNoAnswer) {
		t.Errorf("got error %v, want that of the cluster that does not answer", err)
	}
	got := map[string]ecs.Location{}
	for _, task := range tasks {
		got[task.ARN] = task.Location
	}
	if diff := cmp.Diff(map[string]ecs.Location{"1": a, "2": a, "3": b}, got); diff != "" {
		t.Errorf("tasks differ (-want +got):\n%s", diff)
	}
}

func TestList_EveryClusterAnswers_IsNoError(t *testing.T) {
	tasks, err := leftover.List(t.Context(), cloud{}, sets.New(ecs.Location{Cluster: "a"}), "ours")
	if err != nil || len(tasks) > 0 {
		t.Errorf("got %v and error %v, want no task and no error", tasks, err)
	}
}
