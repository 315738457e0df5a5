package lifecycle

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

// exited lets the job's container exit after it was ready.
func (w *world) exited(t *testing.T) {
	t.Helper()
	w.run(t)
	w.show(t, ecs.Stopped, func(seen *ecs.Observation) {
		stoppedBy(v1alpha1.ReasonEssentialContainerExited, "exited")(seen)
		seen.Task.Containers = []v1alpha1.ContainerStatus{{Name: container, ExitCode: ptr.To[int32](1)}}
	})
}

// withLog lets the containers of tasks log to CloudWatch.
func withLog() *world {
	w := newWorld()
	w.cloud.Definition.Containers[container] = ecs.Container{Log: ecs.ContainerLog{Group: "/ci", Region: "us-east-1", StreamPrefix: "job"}}
	w.cloud.Lines = []string{"one", "two", "three"}
	return w
}

func (w *world) lastLines(t *testing.T) []string {
	t.Helper()
	lines, err := w.process.LastLines(t.Context(), w.stored, 2)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestContainerLog_ContainerExited_IsNamedAndRead(t *testing.T) {
	t.Parallel()
	w := withLog()
	w.launch(t)
	w.exited(t)
	w.wantStalled(t, v1alpha1.ReasonEssentialContainerExited, "aws logs tail /ci --log-stream-names job/"+container+"/1 --region us-east-1")
	if lines := w.lastLines(t); !slices.Equal(lines, []string{"two", "three"}) {
		t.Errorf("the last lines are %q", lines)
	}
}

func TestContainerLog_ContainerRuns_IsReadWhateverOthersDo(t *testing.T) {
	t.Parallel()
	w := withLog()
	w.launch(t)
	w.show(t, ecs.Running, func(seen *ecs.Observation) {
		seen.Task.Containers = []v1alpha1.ContainerStatus{{Name: "sidecar", ExitCode: ptr.To[int32](0)}, {Name: container}}
	})
	if lines := w.lastLines(t); !slices.Equal(lines, []string{"two", "three"}) {
		t.Errorf("the last lines are %q", lines)
	}
}

func TestContainerLog_TaskThatStillRunsIsEnding_IsOfWhoIsAtFault(t *testing.T) {
	t.Parallel()
	w := withLog()
	w.cloud.Definition.Containers["proxy"] = w.cloud.Definition.Containers[container]
	w.launch(t)
	w.run(t)
	w.show(t, ecs.Running, func(seen *ecs.Observation) {
		stoppedBy(v1alpha1.ReasonEssentialContainerExited, "exited")(seen)
		seen.Task.Containers = []v1alpha1.ContainerStatus{{Name: container}, {Name: "proxy", ExitCode: ptr.To[int32](1)}}
	})
	w.wantStalled(t, v1alpha1.ReasonEssentialContainerExited, "--log-stream-names job/proxy/1")
}

func TestContainerLog_NothingToRead_IsNotAskedFor(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(*testing.T, *world){
		"no step was taken":             func(*testing.T, *world) {},
		"no task":                       func(t *testing.T, w *world) { t.Helper(); _, _ = w.advance(t) },
		"the container has not started": func(t *testing.T, w *world) { t.Helper(); w.launch(t) },
		"another container has ended the task": func(t *testing.T, w *world) {
			t.Helper()
			w.launch(t)
			w.show(t, ecs.Stopped, func(seen *ecs.Observation) {
				stoppedBy(v1alpha1.ReasonEssentialContainerExited, "exited")(seen)
				seen.Task.Containers = []v1alpha1.ContainerStatus{{Name: "sidecar", ExitCode: ptr.To[int32](1)}, {Name: container}}
			})
		},
		"the container logs elsewhere": func(t *testing.T, w *world) {
			t.Helper()
			w.cloud.Definition.Containers[container] = ecs.Container{LogDriver: "splunk"}
			w.launch(t)
			w.exited(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := withLog()
			happens(t, w)
			if lines := w.lastLines(t); lines != nil || w.cloud.Calls("LastLines") != 0 {
				t.Errorf("got %q after %d calls", lines, w.cloud.Calls("LastLines"))
			}
			if message := w.condition(v1alpha1.ConditionStalled).Message; strings.Contains(message, "its log:") {
				t.Errorf("a log is named: %s", message)
			}
		})
	}
}

func TestContainerLog_TaskDefinitionUnreadable_TheCauseIsSaidAllTheSame(t *testing.T) {
	t.Parallel()
	w := withLog()
	w.launch(t)
	w.cloud.Fail("TaskDefinition", 1, denied)
	w.exited(t)
	w.wantStalled(t, v1alpha1.ReasonEssentialContainerExited, "exited with code 1")
}
