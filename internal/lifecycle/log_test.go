package lifecycle

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// answered is a refusal of AWS with a request id.
func answered(class ecs.Class, id string) error {
	response := &awshttp.ResponseError{
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: http.StatusBadRequest}},
			Err:      errors.New("refused"),
		},
		RequestID: id,
	}
	return fmt.Errorf("%w: %w", &ecs.Error{Class: class, Reason: "AccessDenied", Message: "denied"}, response)
}

// logged advances the job and returns what was logged.
func logged(t *testing.T, w *world, do func()) string {
	t.Helper()
	var log strings.Builder
	w.ctx = logr.NewContext(t.Context(), funcr.New(func(_, args string) { log.WriteString(args + "\n") }, funcr.Options{}))
	do()
	return log.String()
}

func TestLog_EachStepOfAJobHasOneLine(t *testing.T) {
	t.Parallel()
	w := newWorld()
	log := logged(t, w, func() {
		w.launch(t)
		w.run(t)
		w.show(t, ecs.Stopped, stoppedBy("SpotInterruption", "Your Spot Task was interrupted."))
	})
	for _, line := range []string{`"msg"="Launched a task"`, `"msg"="The job stalls"`} {
		if n := strings.Count(log, line); n != 1 {
			t.Errorf("%d lines with %s, want one:\n%s", n, line, log)
		}
	}
	arn := w.stored.Status.Task.ARN
	if n := strings.Count(log, `"task"="`+arn+`"`); n != 2 {
		t.Errorf("%d lines name the task, want two:\n%s", n, log)
	}
	for _, part := range []string{`"reason"="SpotInterruption"`, `"attempt"=1`} {
		if !strings.Contains(log, part) {
			t.Errorf("%s is missing:\n%s", part, log)
		}
	}
}

func TestLog_RefusedLaunchAndStop_HaveTheRequestID(t *testing.T) {
	t.Parallel()
	for _, class := range []ecs.Class{ecs.Terminal, ecs.NextAttempt, ecs.RetrySame} {
		w := newWorld()
		fault := answered(class, "request-7")
		w.cloud.Fail("Launch", 1, fault)
		log := logged(t, w, func() {
			for range 5 {
				_, _ = w.advance(t)
			}
		})
		if !strings.Contains(log, `"requestID"="request-7"`) || !strings.Contains(log, `"message"="denied"`) {
			t.Errorf("class %d: the log does not say what AWS refused:\n%s", class, log)
		}
	}
	w := newWorld()
	w.launch(t)
	w.cloud.Fail("Stop", 1, answered(ecs.Terminal, "request-8"))
	log := logged(t, w, func() {
		if _, err := w.process.Release(w.ctx, w.stored, "deleted"); err == nil {
			t.Error("a stop that is refused is no error")
		}
		if _, err := w.process.Release(w.ctx, w.stored, "deleted"); err != nil {
			t.Error(err)
		}
	})
	for _, part := range []string{`"requestID"="request-8"`, `"msg"="Stopped the task"`} {
		if !strings.Contains(log, part) {
			t.Errorf("%s is missing:\n%s", part, log)
		}
	}
}
