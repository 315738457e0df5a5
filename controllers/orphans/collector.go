// Package orphans stops the tasks that no FargateJob owns: what slips through
// everything else, such as objects that were deleted by force or a cluster that
// was restored from a backup.
package orphans

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

const (
	// DefaultInterval is the time between two collections. An orphan costs
	// money by the minute, a collection two calls for a hundred tasks.
	DefaultInterval = 5 * time.Minute
	// DefaultMinAge keeps the collector away from tasks whose job may not be
	// written down yet.
	DefaultMinAge = 5 * time.Minute
)

// stopReason is shown with the stopped task.
const stopReason = "no FargateJob owns this task"

// Collector stops orphans from time to time.
type Collector struct {
	// Client lists jobs and classes, from the cache.
	Client client.Reader
	// ECS lists and stops tasks.
	ECS *ecs.Clients
	// Installation tells this installation's tasks from others'.
	Installation string
	// Namespaces are those whose jobs the Client lists; none means all. Tasks of
	// others are left alone.
	Namespaces []string
	// Interval and MinAge are DefaultInterval and DefaultMinAge but in tests.
	Interval, MinAge time.Duration
	// Log takes what was stopped and what could not be.
	Log logr.Logger
}

// Start collects until the context ends and returns nil.
func (c *Collector) Start(ctx context.Context) error {
	ticker := time.NewTicker(c.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		if err := c.collect(ctx); err != nil && ctx.Err() == nil {
			c.Log.Error(err, "Could not collect all orphans", "requestID", ecs.RequestID(err))
		}
	}
}

// collect stops the orphans of every cluster in use. The cloud is listed before
// the jobs: a task whose job is created in between is never taken for one.
func (c *Collector) collect(ctx context.Context) error {
	locations, err := c.locations(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for location := range locations {
		tasks, err := c.ECS.ListOwned(ctx, location, c.Installation)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		owners, err := c.owners(ctx)
		if err != nil {
			return err
		}
		for _, task := range tasks {
			arn, exists := owners[task.UID]
			owned := exists && (arn == "" || arn == task.ARN)
			if !owned && c.serves(task.Namespace) && task.Age >= c.MinAge {
				errs = append(errs, c.stop(ctx, location, task))
			}
		}
	}
	return errors.Join(errs...)
}

func (c *Collector) serves(namespace string) bool {
	return len(c.Namespaces) == 0 || slices.Contains(c.Namespaces, namespace)
}

func (c *Collector) stop(ctx context.Context, location ecs.Location, task ecs.OwnedTask) error {
	if err := c.ECS.Stop(ctx, location, task.ARN, stopReason); err != nil {
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
	var jobs v1alpha1.FargateJobList
	if err := c.Client.List(ctx, &jobs); err != nil {
		return nil, fmt.Errorf("listing FargateJobs: %w", err)
	}
	locations := sets.New[ecs.Location]()
	for i := range classes.Items {
		locations.Insert(ecs.LocationOf(&classes.Items[i].Spec.TaskTemplate))
	}
	for i := range jobs.Items {
		if resolved := jobs.Items[i].Status.Resolved; resolved != nil {
			locations.Insert(ecs.LocationOf(&resolved.TaskTemplate))
		}
	}
	return locations, nil
}

// owners maps the UID of every job to the ARN of its task, which is empty while
// it is not known. A job that has stalled without a task launches none any more
// and owns nothing.
func (c *Collector) owners(ctx context.Context) (map[string]string, error) {
	var jobs v1alpha1.FargateJobList
	if err := c.Client.List(ctx, &jobs); err != nil {
		return nil, fmt.Errorf("listing FargateJobs: %w", err)
	}
	owners := make(map[string]string, len(jobs.Items))
	for i := range jobs.Items {
		job := &jobs.Items[i]
		if job.Status.Task == nil && meta.IsStatusConditionTrue(job.Status.Conditions, v1alpha1.ConditionStalled) {
			continue
		}
		owners[string(job.UID)] = ""
		if job.Status.Task != nil {
			owners[string(job.UID)] = job.Status.Task.ARN
		}
	}
	return owners, nil
}
