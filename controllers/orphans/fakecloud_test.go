package orphans

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

var errNoAnswer = errors.New("ECS does not answer")

// fakeCloud has the tasks of clusters, by the cluster's name.
type fakeCloud struct {
	tasks map[string][]ecs.OwnedTask
	// listed, if not nil, runs when the tasks have been listed and before the
	// caller gets them.
	listed func()
	// unlisted are clusters whose tasks cannot be listed, unstopped are tasks
	// that cannot be stopped.
	unlisted, unstopped string
	// former are the tasks of the installation "former" in every cluster.
	former []ecs.OwnedTask
	// silent is a cluster of which a list never comes.
	silent string

	mu      sync.Mutex
	stopped []string // ARNs of tasks
}

// cloudWith returns a cloud whose cluster ci has some tasks.
func cloudWith(tasks ...ecs.OwnedTask) *fakeCloud {
	return &fakeCloud{tasks: map[string][]ecs.OwnedTask{"ci": tasks}}
}

// task returns a task that is old enough to be an orphan.
func task(arn, uid string) ecs.OwnedTask {
	return ecs.OwnedTask{ARN: arn, UID: uid, Namespace: "ci", Age: time.Hour}
}

func (c *fakeCloud) ListOwned(ctx context.Context, loc ecs.Location, installation string) ([]ecs.OwnedTask, error) {
	if loc.Cluster == c.silent {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if installation == "former" {
		return c.former, nil
	}
	if installation != "ours" || loc.Cluster == c.unlisted {
		return nil, errNoAnswer
	}
	if c.listed != nil {
		c.listed()
	}
	return c.tasks[loc.Cluster], nil
}

func (c *fakeCloud) Stop(_ context.Context, _ ecs.Location, arn, _ string) error {
	if arn == c.unstopped {
		return errNoAnswer
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = append(c.stopped, arn)
	return nil
}

func (c *fakeCloud) wantStopped(t *testing.T, arns ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if diff := cmp.Diff(arns, c.stopped); diff != "" {
		t.Errorf("stopped tasks differ (-want +got):\n%s", diff)
	}
}
