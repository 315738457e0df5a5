package fargatejob

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/handoff"
	"github.com/fargate-operator/fargate-operator/internal/lifecycle"
)

// slowCloud is a cloud whose answers no worker waits for: a region may take a
// minute to answer, or never do.
type slowCloud struct{ cloud lifecycle.Cloud }

// LaunchTurn asks nobody.
func (c slowCloud) LaunchTurn(ctx context.Context, launch ecs.Launch) (time.Time, error) {
	return c.cloud.LaunchTurn(ctx, launch)
}

func (c slowCloud) TaskDefinition(ctx context.Context, loc ecs.Location, name string) (ecs.Definition, error) {
	defer handoff.Wait(ctx)()
	return c.cloud.TaskDefinition(ctx, loc, name)
}

func (c slowCloud) Launch(ctx context.Context, launch ecs.Launch) (*v1alpha1.TaskStatus, error) {
	defer handoff.Wait(ctx)()
	return c.cloud.Launch(ctx, launch)
}

func (c slowCloud) FindByOwner(ctx context.Context, loc ecs.Location, owner ecs.Owner) ([]string, error) {
	defer handoff.Wait(ctx)()
	return c.cloud.FindByOwner(ctx, loc, owner)
}

func (c slowCloud) Stop(ctx context.Context, loc ecs.Location, arn, reason string) error {
	defer handoff.Wait(ctx)()
	return c.cloud.Stop(ctx, loc, arn, reason)
}

func (c slowCloud) LastLines(ctx context.Context, loc ecs.Location, stream ecs.LogStream, limit int32) ([]string, error) {
	defer handoff.Wait(ctx)()
	return c.cloud.LastLines(ctx, loc, stream, limit)
}

// purpose is what a job is reconciled for. A job that is deleted, or whose name
// another one has now, needs nothing any more of what it waits for.
type purpose struct {
	uid     types.UID
	deleted bool
}

func (r *Reconciler) purpose(ctx context.Context, name types.NamespacedName) any {
	job := &v1alpha1.FargateJob{}
	if err := r.Client.Get(ctx, name, job); err != nil {
		return purpose{}
	}
	return purpose{uid: job.UID, deleted: !job.DeletionTimestamp.IsZero()}
}
