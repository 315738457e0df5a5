package executor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// delivery runs a script on a job's task. While nothing of the script has been
// sent, another connection is tried for RetryTimeout after the first failure,
// unless the task has ended.
type delivery struct {
	*Executor
	job    types.NamespacedName
	target sshrun.Target
	script sshrun.Script

	failed     time.Time // when the first connection failed
	connecting context.Context
	giveUp     context.CancelCauseFunc
}

func (e *Executor) deliver(ctx context.Context, job types.NamespacedName, target sshrun.Target, script sshrun.Script) error {
	d := &delivery{Executor: e, job: job, target: target, script: script}
	d.script.Body = sshrun.Buffered(script.Body)
	d.connecting, d.giveUp = context.WithCancelCause(ctx)
	defer d.giveUp(nil)
	var last error
	for {
		connected, err := d.try(ctx)
		switch {
		case !connected && ctx.Err() == nil && d.connecting.Err() != nil && last != nil:
			return last
		case ctx.Err() != nil, !sshrun.IsUnsent(err), !d.mayTryAgain(err): //nolint:contextcheck // connecting derives from ctx
			return err
		}
		last = err
		select {
		case <-d.connecting.Done():
			return err
		case <-time.After(d.limits.reconnect):
		}
	}
}

// try runs the script on a connection of its own, if there is one.
func (d *delivery) try(ctx context.Context) (connected bool, err error) {
	client, err := sshrun.Dial(d.connecting, d.target) //nolint:contextcheck // it derives from ctx
	if err != nil {
		return false, err
	}
	defer func() { _ = client.Close() }()
	return true, client.Run(ctx, d.script)
}

// mayTryAgain reports whether there is time left. After the first failure, it
// begins to watch for the end of the task.
func (d *delivery) mayTryAgain(err error) bool {
	if d.RetryTimeout <= 0 {
		return false
	}
	if d.failed.IsZero() {
		d.failed = time.Now()
		_, _ = fmt.Fprintf(d.Stderr, "fargate: trying to connect again for %s: %s\n", d.RetryTimeout, text.OneLine(err.Error()))
		d.Log.Warn("Connecting again", "job", d.job.Name, "error", err.Error())
		go d.watchTask()
	}
	return time.Since(d.failed) < d.RetryTimeout
}

// watchTask gives up connecting if the task ends within the time for that.
func (d *delivery) watchTask() {
	ctx, cancel := context.WithTimeout(d.connecting, d.RetryTimeout)
	defer cancel()
	if d.hasEnded(ctx) {
		d.giveUp(errors.New("the task has ended"))
	}
}

// hasEnded waits until the task has ended, which it reports, or ctx has. It is
// false if the store cannot tell.
func (d *delivery) hasEnded(ctx context.Context) bool {
	store, err := d.openStoreOf(d.job)
	if err != nil {
		return false
	}
	silent := outage{limit: d.RetryTimeout, pause: d.limits.retry, report: func(error) {}}
	err = silent.through(ctx, func() error {
		return store.Watch(ctx, d.job, func(seen *v1alpha1.FargateJob) error { return endOf(d.job, seen) })
	})
	var end *StalledError
	return errors.As(err, &end) || errors.Is(err, ErrJobGone)
}
