package leftover

import (
	"context"
	"errors"

	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// Task is a task of an installation, with where it runs.
type Task struct {
	ecs.OwnedTask
	Location ecs.Location
}

// Lister lists the tasks of an installation in a cluster, as ecs.Clients does.
type Lister interface {
	ListOwned(ctx context.Context, loc ecs.Location, installation string) ([]ecs.OwnedTask, error)
}

// List lists the tasks of an installation in several clusters. The error
// reports all clusters whose tasks could not be listed; the tasks of the others
// are still returned.
func List(ctx context.Context, cloud Lister, locations sets.Set[ecs.Location], installation string) ([]Task, error) {
	var tasks []Task
	var errs []error
	for location := range locations {
		owned, err := cloud.ListOwned(ctx, location, installation)
		errs = append(errs, err)
		for _, task := range owned {
			tasks = append(tasks, Task{OwnedTask: task, Location: location})
		}
	}
	return tasks, errors.Join(errs...)
}
