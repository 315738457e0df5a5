package executor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
)

// awaiting waits until the SSH server of a job's task lets the executor in, or
// until it is certain that it never will. One goroutine watches the job
// throughout; another tries SSH once the job is ready. What they find is handled
// in one place, await.
type awaiting struct {
	job        types.NamespacedName
	words      words
	store      JobStore
	target     func(*v1alpha1.TaskAddress) sshrun.Target
	sshTimeout time.Duration
	probe      probe
	limits     timing
	progress   *startLog

	created  time.Time
	attended bool      // the controller has written a status
	state    string    // the last description of the job
	since    time.Time // when that began to be true
	trying   bool      // SSH is being tried
	warned   time.Time // when the log last mentioned SSH

	quiet  *time.Timer // until the log has been silent for long
	giveUp *time.Timer

	group    sync.WaitGroup
	jobs     chan *v1alpha1.FargateJob
	outages  chan error
	ended    chan error // the watch is over
	attempts chan error // SSH attempts that failed
	results  chan reached
}

// reached is how the wait for the SSH server ended.
type reached struct {
	target  sshrun.Target
	hostKey ssh.PublicKey
	shell   string // what runs the scripts
	err     error
}

// await returns the task's SSH server.
func (w *awaiting) await(ctx context.Context) (reached, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer w.group.Wait()
	defer cancel()
	w.start(ctx)
	for {
		var err error
		select {
		case job := <-w.jobs:
			err = w.look(ctx, job)
		case outage := <-w.outages:
			w.progress.sayf("lost sight of %s, trying again for %s: %s", w.words.job, w.limits.outage, outage)
		case failed := <-w.attempts:
			w.sayUnreachable(failed)
		case end := <-w.results:
			return end, end.err
		case err = <-w.ended:
		case <-w.quiet.C:
			w.sayAgain()
		case <-w.giveUp.C:
			err = w.overdue()
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		if err != nil {
			return reached{}, err
		}
	}
}

func (w *awaiting) start(ctx context.Context) {
	w.created = time.Now()
	w.quiet = time.NewTimer(w.limits.silence)
	w.giveUp = time.NewTimer(w.limits.unattended)
	w.jobs = make(chan *v1alpha1.FargateJob)
	w.outages = make(chan error)
	w.ended = make(chan error, 1)
	w.attempts = make(chan error)
	w.results = make(chan reached, 1)
	w.group.Go(func() { w.ended <- w.watch(ctx) })
}

// watch passes on every state of the job until the watch ends.
func (w *awaiting) watch(ctx context.Context) error {
	store := outage{
		limit:  w.limits.outage,
		pause:  w.limits.retry,
		report: func(err error) { send(ctx, w.outages, err) },
	}
	err := store.through(ctx, func() error {
		return w.store.Watch(ctx, w.job, func(job *v1alpha1.FargateJob) error {
			store.answered()
			send(ctx, w.jobs, job)
			return context.Cause(ctx)
		})
	})
	if errors.Is(err, ErrJobGone) {
		return w.vanished()
	}
	return err
}

func (w *awaiting) vanished() error {
	return fmt.Errorf("%s was deleted by somebody else: %s, then retry the job: %w", w.words.job, w.words.vanished, ErrJobGone)
}

// look acts on the job's current state.
func (w *awaiting) look(ctx context.Context, job *v1alpha1.FargateJob) error {
	w.progress.see(job)
	if !job.DeletionTimestamp.IsZero() {
		return w.vanished()
	}
	if err := stalled(w.words.job, job); err != nil {
		return err
	}
	if len(job.Status.Conditions) == 0 {
		return nil
	}
	w.attended = true
	if state := describe(job); state != "" && state != w.state {
		w.state, w.since = state, time.Now()
		w.progress.sayf("%s", state)
	}
	switch {
	case w.trying:
	case meta.IsStatusConditionTrue(job.Status.Conditions, v1alpha1.ConditionReady) && job.Status.Address != nil:
		w.giveUp.Stop()
		w.reach(ctx, w.target(job.Status.Address))
	default:
		w.giveUp.Reset(time.Until(w.created.Add(launchDeadline(job) + w.limits.overdue)))
	}
	return nil
}

func launchDeadline(job *v1alpha1.FargateJob) time.Duration {
	within := int32(v1alpha1.DefaultLaunchDeadlineSeconds)
	if template := job.Status.Resolved; template != nil {
		within = template.LaunchDeadlineSeconds
	}
	return time.Duration(within) * time.Second
}

// reach starts trying SSH.
func (w *awaiting) reach(ctx context.Context, target sshrun.Target) {
	w.trying = true
	w.warned = time.Now()
	w.group.Go(func() {
		limit := fmt.Errorf("the SSH server did not let us in within ReadyTimeout (%s)", w.sshTimeout)
		reaching, cancel := context.WithTimeoutCause(ctx, w.sshTimeout, limit)
		defer cancel()
		end := w.connect(ctx, reaching, target)
		for sshrun.IsUnsent(end.err) && reaching.Err() == nil {
			send(reaching, w.attempts, end.err)
			select {
			case <-reaching.Done():
			case <-time.After(w.limits.reconnect):
				end = w.connect(ctx, reaching, target)
			}
		}
		w.results <- end
	})
}

// connect waits until SSH lets the executor in, and tries a first command, which
// has a time limit of its own.
func (w *awaiting) connect(ctx, reaching context.Context, target sshrun.Target) reached {
	client, err := sshrun.WaitReachable(reaching, target, func(err error) { send(reaching, w.attempts, err) })
	if err != nil {
		return reached{err: err}
	}
	defer func() { _ = client.Close() }()
	shell, err := w.probe.run(ctx, target.User, client)
	return reached{target, client.HostKey(), shell, err}
}

// sayUnreachable logs failed attempts now and then. The first ones are normal:
// the SSH server comes up after the task.
func (w *awaiting) sayUnreachable(failed error) {
	if time.Since(w.warned) < w.limits.sshQuiet {
		return
	}
	w.warned = time.Now()
	w.progress.sayf("still waiting for SSH: %s", failed)
}

// sayAgain says what the job waits for, if the log has been silent for long. If
// that cannot be written, the runner is gone.
func (w *awaiting) sayAgain() {
	silent := time.Since(w.progress.said)
	if silent < w.limits.silence {
		w.quiet.Reset(w.limits.silence - silent)
		return
	}
	w.quiet.Reset(w.limits.silence)
	switch {
	case !w.attended:
		w.progress.sayf("nothing has happened to %s for %s: %s", w.words.job, rounded(time.Since(w.created)), w.words.unattended)
	case w.state != "":
		w.progress.sayf("for %s: %s", rounded(time.Since(w.since)), w.state)
	default:
		w.progress.sayf("still waiting for %s", w.words.job)
	}
}

func rounded(d time.Duration) time.Duration { return d.Round(time.Second) }

// overdue is the error for a job that no controller makes progress with.
func (w *awaiting) overdue() error {
	if !w.attended {
		return fmt.Errorf("no controller has picked up %s within %s: %s", w.words.job, w.limits.unattended, w.words.unattended)
	}
	return fmt.Errorf("%s is past its launch deadline (last state: %s): %s", w.words.job, w.state, w.words.overdue)
}

// send sends the value, unless ctx ends first.
func send[T any](ctx context.Context, to chan<- T, value T) {
	select {
	case to <- value:
	case <-ctx.Done():
	}
}
