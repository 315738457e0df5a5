package lifecycle

import (
	"context"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

const taskARN = "arn:aws:ecs:us-east-1:123456789012:task/ci/2"

var (
	task      = &v1alpha1.TaskStatus{ARN: taskARN}
	noQuota   = &ecs.Error{Class: ecs.NextAttempt, Reason: v1alpha1.ReasonQuotaExceeded, Message: "no quota"}
	denied    = &ecs.Error{Class: ecs.Terminal, Reason: v1alpha1.ReasonAccessDenied, Message: "denied"}
	throttled = &ecs.Error{Class: ecs.RetrySame, Reason: v1alpha1.ReasonRetrying, Message: "rate exceeded"}
	noAnswer  = &ecs.Error{Class: ecs.RetrySame, Reason: v1alpha1.ReasonRetrying, Message: "unreachable", AnswerLost: true}
	// noQuotaThen is a refusal after a try that got no answer.
	noQuotaThen = &ecs.Error{Class: ecs.NextAttempt, Reason: v1alpha1.ReasonQuotaExceeded, Message: "no quota", AnswerLost: true}
)

func jobInAttempt(attempt int32) *v1alpha1.FargateJob {
	return &v1alpha1.FargateJob{
		ObjectMeta: metav1.ObjectMeta{Name: "job", UID: "uid"},
		Status:     v1alpha1.FargateJobStatus{Attempt: attempt},
	}
}

// refuse asks for the job's task and is answered with errors, one after another.
func refuse(l *ledger, job *v1alpha1.FargateJob, errs ...error) {
	for _, err := range errs {
		l.ask(job)
		l.answer(job, nil, err)
	}
}

func TestLedger_MayHaveTask_UntilEveryQuestionIsAnswered(t *testing.T) {
	t.Parallel()
	job := jobInAttempt(2)
	for name, test := range map[string]struct {
		happens func(*ledger)
		want    bool
	}{
		"another process recorded the attempt":   {func(*ledger) {}, true},
		"recorded":                               {func(l *ledger) { l.record(job) }, false},
		"asked":                                  {func(l *ledger) { l.record(job); l.ask(job) }, true},
		"refused":                                {func(l *ledger) { l.record(job); refuse(l, job, noQuota) }, false},
		"refused for good":                       {func(l *ledger) { l.record(job); refuse(l, job, denied) }, false},
		"throttled":                              {func(l *ledger) { l.record(job); refuse(l, job, throttled) }, false},
		"throttled, then refused":                {func(l *ledger) { l.record(job); refuse(l, job, throttled, noQuota) }, false},
		"no answer":                              {func(l *ledger) { l.record(job); refuse(l, job, noAnswer) }, true},
		"called off":                             {func(l *ledger) { l.record(job); refuse(l, job, context.Canceled) }, true},
		"no answer, then refused":                {func(l *ledger) { l.record(job); refuse(l, job, noAnswer, noQuota) }, true},
		"no answer, then throttled":              {func(l *ledger) { l.record(job); refuse(l, job, noAnswer, throttled) }, true},
		"refused after a try without an answer":  {func(l *ledger) { l.record(job); refuse(l, job, noQuotaThen) }, true},
		"another process' attempt is refused":    {func(l *ledger) { refuse(l, job, noQuota) }, true},
		"another process' attempt is throttled":  {func(l *ledger) { refuse(l, job, throttled) }, true},
		"in doubt, then searched for":            {func(l *ledger) { refuse(l, job, noAnswer, noQuota); l.clear(job) }, false},
		"launched":                               {func(l *ledger) { l.record(job); l.ask(job); l.answer(job, task, nil) }, false},
		"no answer, then launched":               {func(l *ledger) { l.record(job); refuse(l, job, noAnswer); l.answer(job, task, nil) }, false},
		"only the attempt before is known":       {func(l *ledger) { l.record(jobInAttempt(1)) }, true},
		"only the attempt after is known":        {func(l *ledger) { l.record(jobInAttempt(3)) }, true},
		"recorded after one without an answer":   {func(l *ledger) { refuse(l, jobInAttempt(1), noAnswer); l.record(job) }, false},
		"recorded, the one after was asked":      {func(l *ledger) { l.record(job); l.record(jobInAttempt(3)); l.ask(jobInAttempt(3)) }, true},
		"recorded twice":                         {func(l *ledger) { l.record(job); l.ask(job); l.record(job) }, true},
		"forgotten":                              {func(l *ledger) { l.record(job); l.forget(keyOf(job)) }, true},
		"only another job of the name is known":  {func(l *ledger) { other := jobInAttempt(2); other.UID = "other"; l.record(other) }, true},
		"only a job of another namespace, known": {func(l *ledger) { other := jobInAttempt(2); other.Namespace = "other"; l.record(other) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := &ledger{}
			test.happens(l)
			if got := l.mayHaveTask(job); got != test.want {
				t.Errorf("got %t, want %t", got, test.want)
			}
		})
	}
}

func TestLedger_MayHaveTask_NotOneThatTheStatusHas(t *testing.T) {
	t.Parallel()
	l, job := &ledger{}, jobInAttempt(2)
	job.Status.Task = task
	if l.mayHaveTask(job) {
		t.Error("a task that is written down is searched for")
	}
	l.record(job)
	l.ask(job)
	if l.mayHaveTask(job) {
		t.Error("a task that another process has written down is searched for")
	}
	later := jobInAttempt(3)
	l.record(later)
	l.ask(later)
	if !l.mayHaveTask(job) {
		t.Error("the task of a later attempt is not searched for")
	}
}

func TestLedger_Tasks_AreOfTheJobsAttemptOrLaterOnes(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	l.record(jobInAttempt(1))
	l.answer(jobInAttempt(2), task, nil)
	for attempt, want := range map[int32][]string{1: {taskARN}, 2: {taskARN}, 3: nil} {
		if got := l.tasks(jobInAttempt(attempt)); !slices.Equal(got, want) {
			t.Errorf("attempt %d: got %q, want %q", attempt, got, want)
		}
	}
}

func TestLedger_Record_OfAKnownAttempt_KeepsItsTask(t *testing.T) {
	t.Parallel()
	l, job := &ledger{}, jobInAttempt(1)
	l.record(job)
	l.answer(job, task, nil)
	l.record(job)
	if a := l.of(job); a.state != launched || a.task.ARN != taskARN {
		t.Errorf("the task is forgotten: %+v", a)
	}
}

func TestLedger_Refused_KeepsTheReason(t *testing.T) {
	t.Parallel()
	l, job := &ledger{}, jobInAttempt(1)
	l.record(job)
	refuse(l, job, throttled)
	if a := l.of(job); a.state != recorded || a.refusal != nil {
		t.Errorf("throttled: %+v", a)
	}
	refuse(l, job, noQuota)
	if a := l.of(job); a.state != refused || a.refusal != noQuota {
		t.Errorf("refused: %+v", a)
	}
}
