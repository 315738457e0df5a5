package lifecycle

import (
	"context"
	"time"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// Cloud is what the steps of a job's life ask of AWS. *ecs.Clients answers, and
// says what each method does and fails with.
type Cloud interface {
	TaskDefinition(ctx context.Context, loc ecs.Location, name string) (ecs.Definition, error)
	LaunchTurn(ctx context.Context, launch ecs.Launch) (time.Time, error)
	Launch(ctx context.Context, launch ecs.Launch) (*v1alpha1.TaskStatus, error)
	FindByOwner(ctx context.Context, loc ecs.Location, owner ecs.Owner) (arns []string, err error)
	Stop(ctx context.Context, loc ecs.Location, arn, reason string) error
	LastLines(ctx context.Context, loc ecs.Location, stream ecs.LogStream, limit int32) ([]string, error)
}

// Observers keep looking at the tasks of all jobs, as *ecs.Observers do.
type Observers interface {
	Watch(watch ecs.Watch)
	Latest(arn string) (ecs.Observation, bool)
	Forget(arn string)
}
