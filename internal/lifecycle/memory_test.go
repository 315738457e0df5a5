package lifecycle

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
)

const arn = "arn:aws:ecs:us-east-1:123456789012:task/ci/2"

func jobInAttempt(attempt int32) *v1alpha1.FargateJob {
	return &v1alpha1.FargateJob{
		ObjectMeta: metav1.ObjectMeta{Name: "job", UID: "uid"},
		Status:     v1alpha1.FargateJobStatus{Attempt: attempt},
	}
}

func TestMemory_Latest_IsOfTheJobsAttemptOrALaterOne(t *testing.T) {
	m := &memory{}
	m.launched(jobInAttempt(2), &v1alpha1.TaskStatus{ARN: arn})
	for attempt, want := range map[int32]string{1: arn, 2: arn, 3: ""} {
		if got := m.latest(jobInAttempt(attempt)); got != want {
			t.Errorf("attempt %d: got %q, want %q", attempt, got, want)
		}
	}
}

func TestMemory_None_NeedsToHaveHeardOfEveryLaunch(t *testing.T) {
	job := jobInAttempt(2)
	for name, test := range map[string]struct {
		happens func(*memory)
		want    bool
	}{
		"another process recorded the attempt": {func(*memory) {}, false},
		"nothing launched yet":                 {func(m *memory) { m.begin(job) }, true},
		"refused":                              {func(m *memory) { m.begin(job); m.heard(job, m.asking(job)) }, true},
		"no answer":                            {func(m *memory) { m.begin(job); m.asking(job) }, false},
		"no answer, then refused":              {func(m *memory) { m.begin(job); m.asking(job); m.heard(job, m.asking(job)) }, false},
		"refused to another process' attempt":  {func(m *memory) { m.heard(job, m.asking(job)) }, false},
		"launched":                             {func(m *memory) { m.begin(job); m.asking(job); m.launched(job, &v1alpha1.TaskStatus{ARN: arn}) }, false},
		"an attempt before":                    {func(m *memory) { m.begin(jobInAttempt(1)) }, false},
		"an attempt after":                     {func(m *memory) { m.begin(jobInAttempt(3)) }, false},
		"no answer in the attempt before": {func(m *memory) {
			m.begin(jobInAttempt(1))
			m.asking(jobInAttempt(1))
			m.begin(job)
		}, true},
		"forgotten": {func(m *memory) { m.begin(job); m.forget(keyOf(job)) }, false},
		"another job of the name": {func(m *memory) {
			other := jobInAttempt(2)
			other.UID = "other"
			m.begin(other)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := &memory{}
			test.happens(m)
			if got := m.none(job); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}

func TestMemory_Begin_WithAnOlderObject_KeepsTheTask(t *testing.T) {
	m := &memory{}
	m.begin(jobInAttempt(1))
	m.launched(jobInAttempt(1), &v1alpha1.TaskStatus{ARN: arn})
	m.begin(jobInAttempt(1))
	if task, ok := m.task(jobInAttempt(1)); !ok || task.ARN != arn {
		t.Errorf("the task is forgotten: %v", task)
	}
}
