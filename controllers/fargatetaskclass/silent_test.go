package fargatetaskclass_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/classcheck"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
	"github.com/fargate-operator/fargate-operator/internal/test/controllertest"
)

// silent is a region that never answers.
const silent = "eu-west-1"

// silentAWS counts the questions about the silent region's clusters.
type silentAWS struct {
	classcheck.AWS
	held *atomic.Int32
}

func (s silentAWS) Cluster(ctx context.Context, loc ecs.Location) (*inspect.Cluster, error) {
	if loc.Region != silent {
		return s.AWS.Cluster(ctx, loc)
	}
	s.held.Add(1)
	defer s.held.Add(-1)
	<-ctx.Done()
	return nil, ctx.Err()
}

// newSilentWorld has more classes in the silent region than there are workers, of
// which as many are looked at as the region may have at a time.
func newSilentWorld(t *testing.T) (w *world, classes []*v1alpha1.FargateTaskClass, awaitHeld func()) {
	t.Helper()
	var held atomic.Int32
	w = newWorldWith(t, never, silentAWS{inspect.New(&ecs.Clients{}), &held})
	for i := range 20 {
		class := w.class(func(s *v1alpha1.FargateTaskClassSpec) { s.Region = silent })
		class.Name = fmt.Sprintf("silent-%d", i)
		if err := w.Create(t.Context(), class); err != nil {
			t.Fatal(err)
		}
		classes = append(classes, class)
	}
	return w, classes, func() {
		t.Helper()
		controllertest.Eventually(t, "the silent region is asked", func(context.Context) bool { return held.Load() == 8 }, func() any { return held.Load() })
	}
}

func TestSilentRegion_ClassesElsewhereAreChecked(t *testing.T) {
	w, _, awaitHeld := newSilentWorld(t)
	awaitHeld()
	w.awaitReady(t, w.createClass(t, nil), metav1.ConditionTrue)
	awaitHeld()
}

func TestSilentRegion_ClassLeavesIt_IsCheckedAtOnce(t *testing.T) {
	w, classes, awaitHeld := newSilentWorld(t)
	awaitHeld()
	for _, class := range classes {
		class.Spec.Region = "us-east-1"
		if err := w.Update(t.Context(), class); err != nil {
			t.Fatal(err)
		}
		w.awaitReady(t, class, metav1.ConditionTrue)
	}
}
