// Package orphans stops the tasks that no FargateJob owns: those that
// everything else misses, for example because objects were deleted by force or
// a cluster was restored from a backup.
package orphans

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/leftover"
)

// DefaultInterval is the time between two collections. An orphan costs money by
// the minute, a collection two calls for a hundred tasks.
const DefaultInterval = 5 * time.Minute

// stopReason is shown with the stopped task.
const stopReason = "no FargateJob owns this task"

// Cloud is what the Collector needs from ECS. *ecs.Clients implements it.
type Cloud interface {
	leftover.Lister
	// Stop stops a task, with a reason that is shown with the task. A task that
	// has stopped or is gone is not an error.
	Stop(ctx context.Context, location ecs.Location, arn, reason string) error
}

// Collector stops orphans at intervals.
type Collector struct {
	// Client lists jobs and classes, from the cache.
	Client client.Reader
	// ECS lists and stops tasks.
	ECS Cloud
	// Installation identifies this installation's tasks.
	Installation string
	// Adopted are the ids of former installations whose orphans are stopped too.
	Adopted []string
	// Namespaces are those whose jobs the Client lists; empty means all. Tasks
	// of other namespaces are left alone.
	Namespaces []string
	// Interval is DefaultInterval except in tests.
	Interval time.Duration
	// Log receives what was stopped and what could not be.
	Log logr.Logger
}

// Start collects at once, so that leaders that change often collect too, and then
// from time to time until the context ends. It returns nil.
func (c *Collector) Start(ctx context.Context) error {
	ticker := time.NewTicker(c.Interval)
	defer ticker.Stop()
	for {
		if err := c.collect(ctx); err != nil && ctx.Err() == nil {
			c.Log.Error(err, "Could not collect all orphans", "requestID", ecs.RequestID(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// collect stops the orphans of every cluster in use, of all clusters at the same
// time: one in a Region that does not answer holds up no other.
func (c *Collector) collect(ctx context.Context) error {
	locations, err := c.locations(ctx)
	if err != nil {
		return err
	}
	errs := make(chan error, len(locations))
	for location := range locations {
		go func() { errs <- c.collectAt(ctx, location) }()
	}
	var all []error
	for range locations {
		all = append(all, <-errs)
	}
	return errors.Join(all...)
}

// collectAt stops the orphans of one cluster. The cloud is listed before the
// jobs, as package leftover asks for.
func (c *Collector) collectAt(ctx context.Context, location ecs.Location) error {
	var tasks []leftover.Task
	var listErr error
	for _, installation := range append([]string{c.Installation}, c.Adopted...) {
		found, err := leftover.List(ctx, c.ECS, sets.New(location), installation)
		tasks, listErr = append(tasks, found...), errors.Join(listErr, err)
	}
	jobs, err := c.jobs(ctx)
	if err != nil {
		return errors.Join(listErr, err)
	}
	errs := []error{listErr}
	for _, task := range jobs.Tasks(tasks, leftover.MinAge) {
		if c.serves(task.Namespace) {
			errs = append(errs, c.stop(ctx, task))
		}
	}
	return errors.Join(errs...)
}

func (c *Collector) serves(namespace string) bool {
	return len(c.Namespaces) == 0 || slices.Contains(c.Namespaces, namespace)
}

func (c *Collector) stop(ctx context.Context, task leftover.Task) error {
	if err := c.ECS.Stop(ctx, task.Location, task.ARN, stopReason); err != nil {
		return err
	}
	collectedTotal.Inc()
	c.Log.Info("Stopped an orphan", "task", task.ARN, "job", task.UID, "created", task.CreatedAt)
	return nil
}

// locations are where jobs run and where classes would run them.
func (c *Collector) locations(ctx context.Context) (sets.Set[ecs.Location], error) {
	var classes v1alpha1.FargateTaskClassList
	if err := c.Client.List(ctx, &classes); err != nil {
		return nil, fmt.Errorf("listing FargateTaskClasses: %w", err)
	}
	jobs, err := c.jobs(ctx)
	if err != nil {
		return nil, err
	}
	locations := sets.New[ecs.Location]()
	for i := range classes.Items {
		locations.Insert(ecs.LocationOf(&classes.Items[i].Spec.TaskTemplate))
	}
	for _, job := range jobs {
		if resolved := job.Status.Resolved; resolved != nil {
			locations.Insert(ecs.LocationOf(&resolved.TaskTemplate))
		}
	}
	return locations, nil
}

func (c *Collector) jobs(ctx context.Context) (leftover.Jobs, error) {
	var list v1alpha1.FargateJobList
	if err := c.Client.List(ctx, &list); err != nil {
		return nil, fmt.Errorf("listing FargateJobs: %w", err)
	}
	jobs := make(leftover.Jobs, len(list.Items))
	for i := range list.Items {
		jobs[string(list.Items[i].UID)] = &list.Items[i]
	}
	return jobs, nil
}
