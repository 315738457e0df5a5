package localecs_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

func dependency(name string, condition types.ContainerCondition) []types.ContainerDependency {
	return []types.ContainerDependency{{ContainerName: aws.String(name), Condition: condition}}
}

func TestContainers_NonEssentialEnd_LeavesTheTaskRunning(t *testing.T) {
	e := start(t)
	helper := shell("helper", "exit 4")
	helper.Essential = aws.Bool(false)
	e.register("job", shell("main", "sleep 600"), helper)
	arn := e.run()
	eventually.Holds(e.T, "the helper has ended while the task runs", func() bool {
		task := e.describe(arn)
		code := task.Containers[1].ExitCode
		return *task.LastStatus == "RUNNING" && *task.Containers[0].LastStatus == "RUNNING" && code != nil && *code == 4
	})
}

func TestContainers_DependOnEachOther(t *testing.T) {
	for name, tc := range map[string]struct {
		condition types.ContainerCondition
		first     types.ContainerDefinition
	}{
		"START":    {types.ContainerConditionStart, shell("first", "touch ../first; sleep 600")},
		"COMPLETE": {types.ContainerConditionComplete, shell("first", "touch ../first; exit 1")},
		"SUCCESS":  {types.ContainerConditionSuccess, shell("first", "touch ../first")},
		"HEALTHY": {types.ContainerConditionHealthy, types.ContainerDefinition{
			Name: aws.String("first"), Image: aws.String("shell"), Command: []string{"touch ../first; sleep 600"},
			HealthCheck: &types.HealthCheck{Command: []string{"CMD-SHELL", "test -e ../first"}, Interval: aws.Int32(5)},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := start(t)
			tc.first.Essential = aws.Bool(false)
			second := shell("second", "until [ -e ../first ]; do sleep 0.05; done; echo in order; sleep 600")
			if tc.condition != types.ContainerConditionStart { // starting says nothing about what it has done
				second.Command = []string{"[ -e ../first ] && echo in order; sleep 600"}
			}
			second.DependsOn = dependency("first", tc.condition)
			e.register("job", second, tc.first)
			arn := e.run()
			e.await(arn, "RUNNING")
			e.logged(arn, "second")
		})
	}
}

func TestContainers_DependencyThatFails_KeepsTheTaskPending(t *testing.T) {
	e := start(t)
	first := shell("first", "exit 1")
	first.Essential = aws.Bool(false)
	main := shell("main", "echo never")
	main.DependsOn = dependency("first", types.ContainerConditionSuccess)
	e.register("job", main, first)
	arn := e.run()
	eventually.Holds(e.T, "the init container has failed", func() bool { return e.describe(arn).Containers[1].ExitCode != nil })
	if task := e.describe(arn); *task.LastStatus != "PENDING" {
		t.Errorf("task is %s, want PENDING", *task.LastStatus)
	}
	e.stop(arn)
	e.await(arn, "STOPPED")
}

func TestHealthCheck_SetsTheHealthOfContainerAndTask(t *testing.T) {
	for name, tc := range map[string]struct {
		command []string
		want    types.HealthStatus
	}{
		"passes":                    {[]string{"CMD-SHELL", `test "$MOOD" = good`}, types.HealthStatusHealthy},
		"fails":                     {[]string{"CMD", "false"}, types.HealthStatusUnhealthy},
		"takes too long":            {[]string{"CMD", "sleep", "600"}, types.HealthStatusUnhealthy},
		"command that is not there": {[]string{"CMD", "/does/not/exist"}, types.HealthStatusUnhealthy},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := start(t)
			main := shell("main", "sleep 600")
			main.Environment = []types.KeyValuePair{{Name: aws.String("MOOD"), Value: aws.String("good")}}
			main.HealthCheck = &types.HealthCheck{
				Command: tc.command, Interval: aws.Int32(5), Timeout: aws.Int32(2), Retries: aws.Int32(1),
			}
			e.register("job", main)
			arn := e.run()
			eventually.Holds(e.T, "health is "+string(tc.want), func() bool {
				task := e.describe(arn)
				return task.HealthStatus == tc.want && task.Containers[0].HealthStatus == tc.want
			})
		})
	}
}

func TestContainers_FilesGoWithTheTask(t *testing.T) {
	e := start(t)
	arn := e.run(script(`pwd; echo "$HOME" > home; sleep 600`))
	dir := filepath.Clean(e.logged(arn, "main"))
	dir = dir[:len(dir)-1] // the line's end
	if filepath.Base(dir) != "main" {
		t.Errorf("working directory %q", dir)
	}
	e.stop(arn)
	e.await(arn, "STOPPED")
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("working directory outlives the task: %v", err)
	}
}

func TestContainers_WithoutAProcess_RunUntilTheyAreStopped(t *testing.T) {
	e := start(t)
	e.register("job", types.ContainerDefinition{Name: aws.String("main"), Image: aws.String("no-process")})
	arn := e.run()
	e.await(arn, "RUNNING")
	e.stop(arn)
	e.await(arn, "STOPPED")
	if code := e.describe(arn).Containers[0].ExitCode; code == nil || *code != 143 {
		t.Errorf("the container's exit code is %v, want SIGTERM's", code)
	}
}
