package lifecycle

import (
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/ecs"
)

func TestCulprit_AdviceAndLogFollowTheContainerAtFault(t *testing.T) {
	t.Parallel()
	const enough = "keeps the SSH server running"
	for name, test := range map[string]struct {
		code, reason string
		containers   []v1alpha1.ContainerStatus
		want         []string
		not          string
	}{
		"the job's": {
			"EssentialContainerExited", "Essential container in task exited",
			[]v1alpha1.ContainerStatus{exited("proxy", 143, ""), exited(container, 1, "")},
			[]string{"log stream ci-coordinator", enough},
			"log stream proxy",
		},
		"a sidecar that failed": {
			"EssentialContainerExited", "Essential container in task exited",
			[]v1alpha1.ContainerStatus{exited(container, 143, ""), exited("proxy", 2, "")},
			[]string{"log stream proxy", "read the log of container proxy, whose end ended the task", "set essential to false"},
			enough,
		},
		"a sidecar that was done": {
			"EssentialContainerExited", "Essential container in task exited",
			[]v1alpha1.ContainerStatus{exited(container, 137, ""), exited("proxy", 0, "")},
			[]string{"log stream proxy"},
			enough,
		},
		"a sidecar without memory": {
			"EssentialContainerExited", "Essential container in task exited",
			[]v1alpha1.ContainerStatus{exited(container, 1, ""), exited("proxy", 137, "OutOfMemoryError: Container killed due to memory usage")},
			[]string{"log stream proxy", "give the job more memory"},
			enough,
		},
		"all of them killed": {
			"EssentialContainerExited", "Essential container in task exited",
			[]v1alpha1.ContainerStatus{exited("proxy", 137, ""), exited(container, 137, "")},
			[]string{"log stream ci-coordinator", enough},
			"log stream proxy",
		},
		"a volume": {
			"TaskFailedToStart", "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: mount.nfs4: access denied by server",
			[]v1alpha1.ContainerStatus{{Name: container}},
			[]string{"mount target"},
			enough,
		},
		"a log driver": {
			"TaskFailedToStart", "CannotStartContainerError: failed to initialize logging driver",
			[]v1alpha1.ContainerStatus{{Name: container}},
			[]string{"logConfiguration"},
			enough,
		},
		"something new at its start": {
			"TaskFailedToStart", "Something new", []v1alpha1.ContainerStatus{{Name: container}}, []string{"check that the task definition's images exist"}, enough,
		},
		"somebody": {
			"UserInitiated", "Task stopped by user", []v1alpha1.ContainerStatus{exited(container, 143, "")}, []string{"Task stopped by user"}, enough,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			for _, name := range []string{container, "proxy"} {
				w.cloud.Definition.Containers[name] = ecs.Container{
					Essential: true,
					Log:       ecs.ContainerLog{Group: "/ci", Region: "us-east-1", StreamPrefix: "log stream " + name},
				}
			}
			w.launch(t)
			w.show(t, ecs.Stopped, func(seen *ecs.Observation) {
				stoppedBy(test.code, test.reason)(seen)
				seen.Task.Containers = test.containers
			})
			for _, part := range test.want {
				w.wantStalled(t, test.code, part)
			}
			if message := w.condition(v1alpha1.ConditionStalled).Message; strings.Contains(message, test.not) {
				t.Errorf("message %q has %q", message, test.not)
			}
		})
	}
}
