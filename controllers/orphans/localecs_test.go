package orphans

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/leftover"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

// launch starts a task for an owner and returns its ARN.
func launch(t *testing.T, owner ecs.Owner, namespace string, attempt int32) string {
	t.Helper()
	task, err := (&ecs.Clients{}).Launch(t.Context(), ecs.Launch{
		Template: template(), SSHPublicKey: "ssh-ed25519 AAAA", Owner: owner, Namespace: namespace, Attempt: attempt,
	})
	if err != nil {
		t.Fatal(err)
	}
	return task.ARN
}

// running returns the ARNs of the tasks that are to run on.
func running(t *testing.T, env *localecstest.Env) map[string]bool {
	t.Helper()
	arns := map[string]bool{}
	for _, task := range env.Tasks(t) {
		if aws.ToString(task.DesiredStatus) == "RUNNING" {
			arns[aws.ToString(task.TaskArn)] = true
		}
	}
	return arns
}

func TestCollect_ECS_StopsOnlyTasksOfThisInstallationsNamespaces(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	launch(t, ecs.Owner{Installation: "ours", UID: "gone"}, "ci", 1)
	known := ecs.Owner{Installation: "ours", UID: "known"}
	launch(t, known, "ci", 1)
	current := launch(t, known, "ci", 2)
	keep := map[string]bool{
		current: true,
		launch(t, ecs.Owner{Installation: "theirs", UID: "foreign"}, "ci", 1): true,
		launch(t, ecs.Owner{Installation: "ours", UID: "other"}, "other", 1):  true,
	}
	env.SetAhead(leftover.MinAge) // The tasks are as old as ECS's clock says.

	collector := newCollector(t, &ecs.Clients{}, job("known", current))
	collector.Namespaces = []string{"ci"}
	if err := collector.collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(keep, running(t, env)); diff != "" {
		t.Errorf("running tasks differ (-want +got):\n%s", diff)
	}
}

func TestCollect_ECS_ClockOfThisMachineIsWrong_YoungTaskIsLeftAlone(t *testing.T) {
	env := localecstest.Start(t, localecs.Config{})
	env.SetAhead(-48 * time.Hour)
	young := launch(t, ecs.Owner{Installation: "ours", UID: "gone"}, "ci", 1)
	if err := newCollector(t, &ecs.Clients{}).collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !running(t, env)[young] {
		t.Error("a task younger than the least age was stopped")
	}
}
