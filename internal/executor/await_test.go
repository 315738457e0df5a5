package executor

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

func TestPrepare_StateLasts_IsSaidAgain(t *testing.T) {
	a := newAttempt(t)
	a.limits.silence = 10 * time.Millisecond
	a.store.onCreate = func(key types.NamespacedName) {
		a.store.change(key, waitingIn("", v1alpha1.ReasonRetrying, "starting the task: status 500 (tried 9 times)"))
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- a.Prepare(ctx) }()
	eventually.Check(t, "the state is said three times", func() bool {
		return strings.Count(a.stdout.String(), "starting the task: status 500 (tried 9 times)") >= 3
	})
	wantText(t, a.stdout.String(), "] for 0s: trying again (attempt 0): starting the task: status 500")
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("ended with %v, want that it was canceled", err)
	}
}

func TestPrepare_RunnerIsGoneWhileNothingHappens_IsUndone(t *testing.T) {
	a := newAttempt(t)
	a.limits.silence = 10 * time.Millisecond
	log := &breakable{buffer: a.stdout}
	a.Stdout = log
	a.store.onCreate = func(key types.NamespacedName) {
		a.store.change(key, waitingIn("PENDING", v1alpha1.ReasonPending, "pulling"))
		eventually.Check(t, "the state is in the log", func() bool { return strings.Contains(a.stdout.String(), "PENDING: pulling") })
		log.broken.Store(true)
	}
	wantError(t, a.Prepare(t.Context()), "the job log cannot be written, is gitlab-runner gone?")
	a.wantNothingLeft(t)
}

// breakable is a job log whose reader may go.
type breakable struct {
	*buffer

	broken atomic.Bool
}

func (b *breakable) Write(text []byte) (int, error) {
	if b.broken.Load() {
		return 0, errors.New("broken pipe")
	}
	return b.buffer.Write(text)
}
