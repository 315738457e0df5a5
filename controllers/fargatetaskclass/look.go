package fargatetaskclass

import (
	"context"
	"sync"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/classcheck"
	"github.com/fargate-operator/fargate-operator/internal/handoff"
)

// looksAtATime is how many classes of one account and region AWS is asked about
// at a time: jobs, which people wait for, need tokens of the same buckets.
const looksAtATime = 8

// look asks AWS about what the class names. No worker waits for that: a region may
// take a minute to answer, or never do.
func (r *Reconciler) look(ctx context.Context, class *v1alpha1.FargateTaskClass) *classcheck.Findings {
	defer handoff.Wait(ctx)()
	template := &class.Spec.TaskTemplate
	lane := r.lanes.of(account{region: template.Region, role: template.AssumeRoleARN})
	select {
	case lane <- struct{}{}:
		defer func() { <-lane }()
	case <-ctx.Done():
	}
	return classcheck.Look(ctx, r.AWS, template)
}

// account is what AWS limits calls for.
type account struct{ region, role string }

// lanes keep the classes of each account apart: those of one that does not answer
// hold up no others.
type lanes struct {
	mu        sync.Mutex
	byAccount map[account]chan struct{}
}

// of returns the lane of an account, which takes looksAtATime classes.
func (l *lanes) of(a account) chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byAccount == nil {
		l.byAccount = map[account]chan struct{}{}
	}
	if l.byAccount[a] == nil {
		l.byAccount[a] = make(chan struct{}, looksAtATime)
	}
	return l.byAccount[a]
}
