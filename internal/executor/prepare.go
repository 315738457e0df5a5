package executor

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/life"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
)

// Prepare creates the attempt's FargateJob, shows in the job log how its task
// starts, and returns when the task's SSH server lets us in. The connection file
// is written before the FargateJob is created, so that cleanup always finds the
// job.
//
// If it fails, or ctx or the job log ends, it leaves neither FargateJob nor
// connection file behind, except as Cleanup describes. The controller bounds the
// launch; Prepare itself gives up 5 minutes after the creation if no controller
// picks up the job, one minute after the launch deadline if the controller stops
// working on it, one minute after the store stops answering, and
// Options.ReadyTimeout after the task is ready. A server that refuses the key is
// tried for 3 seconds, and its log is searched for the reason for up to 10.
func (e *Executor) Prepare(ctx context.Context) error {
	p, err := e.newPreparation()
	if err != nil {
		return err
	}
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	p.progress.log = &watchedLog{Writer: e.Stdout, broken: giveUp}
	p.warnUnused()
	p.progress.open()
	p.sayIdle()
	if err = p.launch(ctx); err != nil {
		err = p.fail(ctx, err)
	}
	p.progress.close(err)
	return err
}

// preparation is one run of the prepare stage.
type preparation struct {
	*Executor
	progress *startLog
	ci       gitlab.Job
	wanted   chosen
	store    JobStore
	key      *keyPair
	job      *v1alpha1.FargateJob
	path     string
	conn     *connection // nil before its file exists
	exists   bool        // the job may exist
}

// newPreparation gathers everything that is needed before anything is created.
func (e *Executor) newPreparation() (*preparation, error) {
	p := &preparation{Executor: e, progress: &startLog{progress: newProgress(e.Stdout)}}
	var err error
	if p.ci, err = e.Environment.ReadJob(); err != nil {
		return nil, err
	}
	if p.wanted, err = e.choose(); err != nil {
		return nil, err
	}
	name, err := e.jobName(&p.ci)
	if err != nil {
		return nil, err
	}
	if p.path, err = e.connectionPath(); err != nil {
		return nil, err
	}
	var namespace string
	if p.store, namespace, err = e.OpenStore(); err != nil {
		return nil, err
	}
	p.job = newJob(namespace, name, &p.wanted, &p.ci, e.Pod)
	p.job.Annotations = map[string]string{life.Annotation: life.Current(e.Pod.UID).String()}
	return p, nil
}

func (p *preparation) name() types.NamespacedName {
	return types.NamespacedName{Namespace: p.job.Namespace, Name: p.job.Name}
}

func (p *preparation) words() words { return wordsFor(p.name()) }

// sayIdle logs the keys that are set but have no effect.
func (p *preparation) sayIdle() {
	for _, key := range p.Idle {
		p.progress.sayf("fargate.toml sets a key that has no effect: %s", key)
		p.Log.Warn("A key of fargate.toml has no effect", "key", key)
	}
}

func (p *preparation) launch(ctx context.Context) error {
	if err := p.makeKey(ctx); err != nil {
		return err
	}
	if err := p.create(ctx); err != nil {
		return err
	}
	p.progress.phases.enter(phaseController)
	p.progress.sayf("created %s%s", p.words().job, ofClass(p.job))
	p.Log.Info("Created a job", "job", p.words().job, "class", p.job.Spec.ClassRef.Name)
	server, err := p.await(ctx)
	if err != nil {
		return err
	}
	p.conn.pin(server.target, server.hostKey)
	if err := replaceConnection(p.path, p.conn); err != nil {
		return err
	}
	p.progress.sayf("connected to %s as %s, host key %s", server.target.Address(), server.target.User, ssh.FingerprintSHA256(server.hostKey))
	p.Log.Info("Scripts can run", "job", p.words().job, "shell", server.shell)
	return nil
}

// ofClass names the job's class, if it has one.
func ofClass(job *v1alpha1.FargateJob) string {
	if name := job.Spec.ClassRef.Name; name != "" {
		return fmt.Sprintf(" (class %s)", name)
	}
	return ""
}

func (p *preparation) create(ctx context.Context) error {
	store := outage{limit: p.limits.outage, pause: p.limits.retry, report: func(err error) {
		p.progress.sayf("cannot create %s yet, trying again for %s: %s", p.words().job, p.limits.outage, err)
	}}
	return store.through(ctx, func() error {
		// If the stage is canceled, the job is deleted. A request that was
		// canceled too could take effect after that.
		err := p.store.Create(context.WithoutCancel(ctx), p.job)
		p.exists = p.exists || mayExist(err)
		return err
	})
}

// mayExist is false if the creation was refused or its request never sent.
func mayExist(err error) bool {
	var unavailable *UnavailableError
	return err == nil || errors.As(err, &unavailable) && !unavailable.Unsent
}

func (p *preparation) await(ctx context.Context) (reached, error) {
	w := &awaiting{
		job:   p.name(),
		words: p.words(),
		store: p.store,
		target: func(address *v1alpha1.TaskAddress) sshrun.Target {
			return p.target(address, p.key.signer)
		},
		sshTimeout: p.ReadyTimeout,
		probe:      p.newProbe(),
		limits:     p.limits,
		progress:   p.progress,
	}
	return w.await(ctx)
}

// fail undoes what was done and returns the error to report, which says whose
// fault it is.
func (p *preparation) fail(ctx context.Context, cause error) error {
	p.progress.containerLog = p.explainRefusal(ctx, p.name(), cause)
	if ctx.Err() != nil {
		return &canceledError{stage: "prepare", err: cause, left: p.undo(ctx)}
	}
	cause = p.blame(cause)
	p.progress.containerLog += p.lastLines(ctx, cause)
	if err := p.undo(ctx); err != nil {
		return fmt.Errorf("%w; %w", cause, err)
	}
	return cause
}

// blame returns the error of a start that failed. If the job's author alone can
// fix it, it is a build failure.
func (p *preparation) blame(cause error) error {
	var stall *StalledError
	if !errors.As(cause, &stall) {
		return cause
	}
	if variable := p.wanted.variables[stall.Reason]; variable != "" {
		return &gitlab.BuildFailure{Code: 1, Err: fmt.Errorf("the CI variable %s names what does not exist, correct it: %w", variable, cause)}
	}
	if stall.AuthorsFault() {
		return &gitlab.BuildFailure{Code: 1, Err: cause}
	}
	return cause
}

// undo deletes the job and the connection file. It leaves a file that another
// prepare stage has created.
func (p *preparation) undo(ctx context.Context) error {
	switch {
	case p.conn == nil:
		return nil
	case !p.exists:
		return removeConnection(p.path)
	}
	if err := p.release(ctx, p.store, p.path, p.conn); err != nil {
		return err
	}
	p.progress.sayf("deleted %s", p.words().job)
	return nil
}
