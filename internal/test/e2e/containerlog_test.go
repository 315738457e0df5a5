package e2e

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// loggingContainer is a container of the local ECS that logs to CloudWatch.
func loggingContainer(entryPoint ...string) types.ContainerDefinition {
	container := seed.Container(builtInImage, devstack.Port)
	container.EntryPoint = entryPoint
	container.LogConfiguration = &types.LogConfiguration{
		LogDriver: types.LogDriverAwslogs,
		Options:   map[string]string{"awslogs-group": devstack.LogGroup, "awslogs-region": devstack.Region, "awslogs-stream-prefix": "job"},
	}
	return container
}

// assertLogIsShown checks that the job log says how to read a container's log.
// Without Kubernetes the executor has an AWS identity and shows the lines.
func (m *mode) assertLogIsShown(t *testing.T, log string, lines ...string) {
	t.Helper()
	assertContains(t, log, "aws logs tail "+devstack.LogGroup+" --log-stream-names job/ci-coordinator/")
	if m.directory != "" {
		assertContains(t, log, "The last lines of the log of the job's container:\n  "+strings.Join(lines, "\n  ")+"\n")
		return
	}
	for _, line := range lines {
		if strings.Contains(log, line) {
			t.Errorf("the log went through a FargateJob:\n%s", log)
		}
	}
}

func TestUpstream_TaskDies_JobLogSaysWhyWithTheLastLines(t *testing.T) {
	entrypoint, err := filepath.Abs("../../../images/entrypoint.sh")
	if err != nil {
		t.Fatal(err)
	}
	for name, start := range bothModes() {
		t.Run(name, func(t *testing.T) {
			m := start(t)
			runner := m.runnerOf(t, loggingContainer("sh", "-c", "echo begun; echo 'out of memory'; "+taskImage, entrypoint))
			var log lockedBuffer
			attempt := prepared(t, runner, newJob(t), &log)
			if err := stack.AWS.KillContainer(onlyTask(t), "ci-coordinator"); err != nil {
				t.Fatal(err)
			}
			err := attempt.Run(t.Context(), "get_sources")
			var failure *fakerunner.SystemFailure
			if !errors.As(err, &failure) {
				t.Errorf("the stage ended with %v, want a system failure", err)
			}
			assertContains(t, log.String(), "Essential container in task exited", "exited with code 137")
			m.assertLogIsShown(t, log.String(), "begun", "out of memory")
			attempt.Cleanup(t.Context())
			m.assertNothingLeft(t)
		})
	}
}

func TestJob_EntryPointFails_JobLogSaysWhyWithTheLastLines(t *testing.T) {
	for name, start := range bothModes() {
		t.Run(name, func(t *testing.T) {
			m := start(t)
			runner := m.runnerOf(t, loggingContainer("sh", "-c", "echo 'no host keys'; exit 3"))
			var log lockedBuffer
			if result := runner.Run(t.Context(), newJob(t), &log); result.Err == nil {
				t.Error("the job succeeded")
			}
			assertContains(t, log.String(), "EssentialContainerExited", "exited with code 3")
			m.assertLogIsShown(t, log.String(), "no host keys")
			m.assertNothingLeft(t)
		})
	}
}
