package fargatetaskclass_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/controllers/fargatetaskclass"
	"github.com/fargate-operator/fargate-operator/internal/classcheck"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/ecs/inspect"
	"github.com/fargate-operator/fargate-operator/internal/event"
	"github.com/fargate-operator/fargate-operator/internal/test/controllertest"
	"github.com/fargate-operator/fargate-operator/internal/test/controlplane/controlplanetest"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

var env *controlplanetest.Env

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	os.Exit(controlplanetest.Main(m, &env))
}

// Intervals between checks: often checks again at once, never does not check
// again.
const often, never = 20 * time.Millisecond, time.Hour

// world is a controllertest.World for classes, with a controller.
type world struct{ *controllertest.World }

func newWorld(t *testing.T, interval time.Duration) *world {
	t.Helper()
	return newWorldWith(t, interval, inspect.New(&ecs.Clients{}))
}

func newWorldWith(t *testing.T, interval time.Duration, aws classcheck.AWS) *world {
	t.Helper()
	w := &world{controllertest.New(t, env, localecs.Config{})}
	w.StartManager(t, func(mgr ctrl.Manager) error {
		reconciler := &fargatetaskclass.Reconciler{
			Client:   mgr.GetClient(),
			Events:   event.NewRecorder(mgr),
			AWS:      aws,
			Interval: interval,
		}
		return reconciler.SetupWithManager(mgr)
	})
	return w
}

// class is a class that passes every check, apart from a change.
func (w *world) class(change func(*v1alpha1.FargateTaskClassSpec)) *v1alpha1.FargateTaskClass {
	class := &v1alpha1.FargateTaskClass{
		ObjectMeta: metav1.ObjectMeta{Name: "default", Namespace: w.Namespace},
		Spec: v1alpha1.FargateTaskClassSpec{TaskTemplate: v1alpha1.TaskTemplate{
			Region:         "us-east-1",
			Cluster:        "ci",
			TaskDefinition: "ci",
			Network:        v1alpha1.Network{Subnets: []string{"subnet-local-a"}, SecurityGroups: []string{"sg-local"}},
		}},
	}
	if change != nil {
		change(&class.Spec)
	}
	return class
}

// createClass creates such a class.
func (w *world) createClass(t *testing.T, change func(*v1alpha1.FargateTaskClassSpec)) *v1alpha1.FargateTaskClass {
	t.Helper()
	class := w.class(change)
	if err := w.Create(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	return class
}

// awaitReady reads the class until Ready has a status for its present spec.
func (w *world) awaitReady(t *testing.T, class *v1alpha1.FargateTaskClass, status metav1.ConditionStatus) {
	t.Helper()
	controllertest.Eventually(t, "Ready "+string(status), func(ctx context.Context) bool {
		if err := w.Get(ctx, client.ObjectKeyFromObject(class), class); err != nil {
			return false
		}
		return class.Status.ObservedGeneration == class.Generation &&
			meta.IsStatusConditionPresentAndEqual(class.Status.Conditions, v1alpha1.ConditionReady, status)
	}, func() any { return class.Status })
}

// awaitChecks waits until AWS has been asked for the cluster a number of times.
func (w *world) awaitChecks(t *testing.T, number int) {
	t.Helper()
	controllertest.Eventually(t, "checked again", func(context.Context) bool { return w.checks() >= number }, func() any { return w.AWS.Calls() })
}

func (w *world) checks() int { return w.AWS.Calls()["DescribeClusters"] }

// conditions are a class's conditions by type, without their times.
func conditions(class *v1alpha1.FargateTaskClass) map[string]metav1.Condition {
	byType := map[string]metav1.Condition{}
	for _, condition := range class.Status.Conditions {
		condition.LastTransitionTime = metav1.Time{}
		byType[condition.Type] = condition
	}
	return byType
}

// condition is a condition of a class's first generation.
func condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message, ObservedGeneration: 1}
}
