package ecs

import (
	"errors"
	"testing"

	"golang.org/x/time/rate"
)

func TestLaunch_Refused_SaysWhetherAnAnswerWasLostBefore(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answers []answer
		want    bool
	}{
		"refused":                        {[]answer{overQuota}, false},
		"refused after a lost answer":    {[]answer{lostAnswer, overQuota}, true},
		"refused after an error of ECS":  {[]answer{serverError, overQuota}, true},
		"refused after being throttled":  {[]answer{tooFast, overQuota}, false},
		"refused after a busy server":    {[]answer{{503, tooFast.body}, overQuota}, false},
		"failed":                         {[]answer{notStarted}, false},
		"failed after a lost answer":     {[]answer{lostAnswer, notStarted}, true},
		"nothing said":                   {[]answer{nothingDone}, false},
		"nothing said after an error":    {[]answer{serverError, nothingDone}, true},
		"throttled every time":           {[]answer{tooFast}, false},
		"throttled after a lost answer":  {[]answer{lostAnswer, tooFast}, true},
		"no answer at all":               {[]answer{lostAnswer}, true},
		"the answer to the last is lost": {[]answer{tooFast, tooFast, lostAnswer}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			aws := &scripted{answers: test.answers}
			_, err := aws.clients(newLimiter()).Launch(t.Context(), testLaunch())
			var fault *Error
			if !errors.As(err, &fault) || fault.AnswerLost != test.want {
				t.Errorf("got %v (%+v), want an *Error with AnswerLost %t", err, fault, test.want)
			}
		})
	}
}

func TestLaunch_StartedAfterALostAnswer_IsNoError(t *testing.T) {
	t.Parallel()
	aws := &scripted{answers: []answer{lostAnswer, started}}
	task, err := aws.clients(newLimiter()).Launch(t.Context(), testLaunch())
	if err != nil || task.ARN == "" {
		t.Errorf("got %v, %v; want a task", task, err)
	}
}

func TestLaunch_NoToken_WasNotAsked(t *testing.T) {
	t.Parallel()
	aws := &scripted{answers: []answer{started}}
	l := emptied(func(l *limiter) *rate.Limiter { return l.buckets["RunTask"][0] })
	_, err := aws.clients(l).Launch(t.Context(), testLaunch())
	var fault *Error
	if !errors.As(err, &fault) || fault.AnswerLost || len(aws.asked) != 0 {
		t.Errorf("got %v (%+v) after %v, want an *Error without a lost answer", err, fault, aws.asked)
	}
}
