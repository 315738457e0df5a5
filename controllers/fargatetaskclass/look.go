package fargatetaskclass

import (
	"context"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/classcheck"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/handoff"
)

// looksAtATime is how many classes of one account and region AWS is asked about
// at a time: jobs, which people wait for, need tokens of the same buckets.
const looksAtATime = 8

// look asks AWS about what the class names. No worker waits for that: a region may
// take a minute to answer, or never do. It fails with the context's error.
func (r *Reconciler) look(ctx context.Context, class *v1alpha1.FargateTaskClass) (*classcheck.Findings, error) {
	defer handoff.Wait(ctx)()
	template := &class.Spec.TaskTemplate
	leave, err := r.looks.Enter(ctx, ecs.LocationOf(template))
	if err != nil {
		return nil, err
	}
	defer leave()
	return classcheck.Look(ctx, r.AWS, template), ctx.Err()
}
