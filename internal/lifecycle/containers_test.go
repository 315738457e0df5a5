package lifecycle

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// exited is a container that has ended.
func exited(name string, code int32, reason string) v1alpha1.ContainerStatus {
	return v1alpha1.ContainerStatus{Name: name, ExitCode: &code, Reason: reason}
}

// with shows containers of a task.
func with(containers ...v1alpha1.ContainerStatus) func(*ecs.Observation) {
	return func(seen *ecs.Observation) {
		atAddress(seen)
		seen.Task.Containers = containers
	}
}

func TestContainers_TheJobsEnds_TheTaskGoesOn_StallsWithTheCode(t *testing.T) {
	t.Parallel()
	for _, state := range []string{ecs.Pending, ecs.Activating, ecs.Running} {
		w := newWorld()
		w.launch(t)
		w.show(t, state, with(exited(container, 42, ""), v1alpha1.ContainerStatus{Name: "proxy"}))
		w.wantStalled(t, v1alpha1.ReasonEssentialContainerExited, "container ci-coordinator exited with code 42")
		w.wantRunning(t, 0)
	}
}

func TestContainers_TheJobsEndsAfterItWasReady_Stalls(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.launch(t)
	w.run(t)
	w.show(t, ecs.Running, with(exited(container, 0, ""), v1alpha1.ContainerStatus{Name: "proxy"}))
	w.wantStalled(t, v1alpha1.ReasonEssentialContainerExited, "exited with code 0")
}

func TestContainers_ASidecarEnds_TheJobGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.launch(t)
	w.show(t, ecs.Running, with(v1alpha1.ContainerStatus{Name: container}, exited("install", 1, "")))
	w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady, "")
}

func TestContainers_Dependencies(t *testing.T) {
	t.Parallel()
	healthy := v1alpha1.ContainerStatus{Name: "db", HealthStatus: "HEALTHY"}
	for name, test := range map[string]struct {
		dependsOn map[string]ecs.DependencyCondition // of the job's container
		deeper    map[string]ecs.DependencyCondition // of db
		shown     []v1alpha1.ContainerStatus
		waits     string
		stalls    string
	}{
		"none":           {waits: "pulling its image"},
		"start":          {dependsOn: map[string]ecs.DependencyCondition{"db": "START"}, waits: "pulling its image"},
		"not complete":   {dependsOn: map[string]ecs.DependencyCondition{"db": ecs.DependencyComplete}, waits: "container ci-coordinator has not started: it waits until container db has ended"},
		"complete":       {dependsOn: map[string]ecs.DependencyCondition{"db": ecs.DependencyComplete}, shown: []v1alpha1.ContainerStatus{exited("db", 1, "")}, waits: "pulling its image"},
		"not successful": {dependsOn: map[string]ecs.DependencyCondition{"db": ecs.DependencySuccess}, waits: "it waits until container db has ended with code 0"},
		"successful":     {dependsOn: map[string]ecs.DependencyCondition{"db": ecs.DependencySuccess}, shown: []v1alpha1.ContainerStatus{exited("db", 0, "")}, waits: "pulling its image"},
		"failed": {
			dependsOn: map[string]ecs.DependencyCondition{"db": ecs.DependencySuccess}, shown: []v1alpha1.ContainerStatus{exited("db", 3, "no disk")},
			stalls: "will not start container ci-coordinator: it waits until container db has ended with code 0, but container db exited with code 3: no disk",
		},
		"not healthy": {dependsOn: map[string]ecs.DependencyCondition{"db": ecs.DependencyHealthy}, waits: "the health check of container db passes"},
		"healthy":     {dependsOn: map[string]ecs.DependencyCondition{"db": ecs.DependencyHealthy}, shown: []v1alpha1.ContainerStatus{healthy}, waits: "pulling its image"},
		"gone before it was healthy": {
			dependsOn: map[string]ecs.DependencyCondition{"db": ecs.DependencyHealthy}, shown: []v1alpha1.ContainerStatus{exited("db", 0, "")},
			stalls: "the health check of container db passes, but container db exited with code 0",
		},
		"the one behind it waits": {
			dependsOn: map[string]ecs.DependencyCondition{"db": ecs.DependencyHealthy}, deeper: map[string]ecs.DependencyCondition{"init": ecs.DependencySuccess},
			waits: "container db has not started: it waits until container init has ended with code 0",
		},
		"the one behind it failed": {
			dependsOn: map[string]ecs.DependencyCondition{"db": ecs.DependencyHealthy}, deeper: map[string]ecs.DependencyCondition{"init": ecs.DependencySuccess},
			shown: []v1alpha1.ContainerStatus{exited("init", 9, "")}, stalls: "will not start container db: it waits until container init",
		},
		"two, and the second can never end": {
			dependsOn: map[string]ecs.DependencyCondition{"cache": ecs.DependencyComplete, "db": ecs.DependencySuccess},
			shown:     []v1alpha1.ContainerStatus{exited("db", 1, "")}, stalls: "container db exited with code 1",
		},
		"each for the other": {
			dependsOn: map[string]ecs.DependencyCondition{"db": ecs.DependencyComplete}, deeper: map[string]ecs.DependencyCondition{container: ecs.DependencyComplete},
			waits: "it waits until container db has ended",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			w.cloud.Definition.Containers = map[string]ecs.Container{
				container: {DependsOn: test.dependsOn}, "db": {DependsOn: test.deeper}, "init": {},
			}
			w.launch(t)
			w.show(t, ecs.Pending, with(test.shown...))
			if test.stalls != "" {
				w.wantStalled(t, v1alpha1.ReasonTaskFailedToStart, test.stalls)
				w.wantRunning(t, 0)
				return
			}
			w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonPending, test.waits)
		})
	}
}

func TestContainers_TheDefinitionCannotBeRead_TheJobGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.launch(t)
	w.cloud.Fail("TaskDefinition", 10, denied)
	w.show(t, ecs.Pending, nil)
	w.wantCondition(t, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonPending, "pulling its image")
}
