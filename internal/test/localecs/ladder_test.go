package localecs_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

func TestTask_GoesThroughTheStatesInOrder(t *testing.T) {
	// Long enough for a busy machine to see every state.
	const each = time.Second
	e := start(t, func(c *localecs.Config) {
		c.Delays = localecs.Delays{Provisioning: each, Pending: each, Deactivating: each, Stopping: each, Deprovisioning: each}
	})
	arn := e.run()
	var seen []string
	observe := func(last string) {
		eventually.Holds(e.T, "task is "+last, func() bool {
			status := *e.describe(arn).LastStatus
			if len(seen) == 0 || seen[len(seen)-1] != status {
				seen = append(seen, status)
			}
			return status == last
		})
	}
	observe("RUNNING")
	e.stop(arn)
	observe("STOPPED")
	want := []string{"PROVISIONING", "PENDING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED"}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

func TestTask_ShowsWhatIsKnownInEachState(t *testing.T) {
	e := start(t, func(c *localecs.Config) { c.Delays.Provisioning = time.Hour })
	provisioning := e.describe(e.run())
	if provisioning.PullStartedAt != nil || len(provisioning.Attachments[0].Details) != 1 {
		t.Errorf("a task that is PROVISIONING already has pullStartedAt %v and attachment %+v",
			provisioning.PullStartedAt, provisioning.Attachments[0])
	}

	e = start(t)
	arn := e.run(func(in *ecs.RunTaskInput) { in.StartedBy = aws.String("runner/1") })
	running := e.await(arn, "RUNNING")
	private := detail(running, "privateIPv4Address")
	if !strings.HasPrefix(private, "127.") || *running.Containers[0].NetworkInterfaces[0].PrivateIpv4Address != private {
		t.Errorf("private address %q, container's %v", private, running.Containers[0].NetworkInterfaces)
	}
	got := map[string]any{
		"desired": *running.DesiredStatus, "group": *running.Group, "startedBy": *running.StartedBy,
		"zone": *running.AvailabilityZone, "connectivity": running.Connectivity, "launchType": running.LaunchType,
		"cpu": *running.Cpu, "memory": *running.Memory, "platform": *running.PlatformVersion,
		"container": *running.Containers[0].LastStatus, "health": running.HealthStatus,
		"attachment": *running.Attachments[0].Status, "type": *running.Attachments[0].Type,
	}
	want := map[string]any{
		"desired": "RUNNING", "group": "family:job", "startedBy": "runner/1",
		"zone": "us-east-1a", "connectivity": types.ConnectivityConnected, "launchType": types.LaunchTypeFargate,
		"cpu": "256", "memory": "512", "platform": "1.4.0",
		"container": "RUNNING", "health": types.HealthStatusUnknown,
		"attachment": "ATTACHED", "type": "ElasticNetworkInterface",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("running task (-want +got):\n%s", diff)
	}

	e.stop(arn)
	stopped := e.await(arn, "STOPPED")
	times := []*time.Time{
		stopped.CreatedAt, stopped.PullStartedAt, stopped.PullStoppedAt, stopped.StartedAt,
		stopped.StoppingAt, stopped.ExecutionStoppedAt, stopped.StoppedAt,
	}
	for i, at := range times {
		if at == nil || i > 0 && at.Before(*times[i-1]) {
			t.Errorf("time %d of the task is missing or before the one that precedes it: %v", i, times)
		}
	}
	if stopped.Version <= running.Version {
		t.Errorf("version %d, was %d", stopped.Version, running.Version)
	}
}

func detail(task types.Task, name string) string {
	for _, detail := range task.Attachments[0].Details {
		if *detail.Name == name {
			return *detail.Value
		}
	}
	return ""
}

func TestTask_EndsWithTheReasonForItsEnd(t *testing.T) {
	for name, tc := range map[string]struct {
		containers []types.ContainerDefinition
		end        func(e *env, arn string)
		code       types.TaskStopCode
		reason     string
		exitCode   *int32
	}{
		"stopped by a caller": {
			containers: []types.ContainerDefinition{shell("main", "trap 'exit 3' TERM; echo up; while :; do sleep 0.05; done")},
			end:        func(e *env, arn string) { e.logged(arn, "main"); e.stop(arn) },
			code:       types.TaskStopCodeUserInitiated, reason: "done", exitCode: aws.Int32(3),
		},
		"container exits": {
			containers: []types.ContainerDefinition{shell("main", "exit 7")},
			code:       types.TaskStopCodeEssentialContainerExited, reason: "Essential container in task exited",
			exitCode: aws.Int32(7),
		},
		"container killed": {
			containers: []types.ContainerDefinition{shell("main", "sleep 600")},
			end: func(e *env, arn string) {
				e.await(arn, "RUNNING")
				if err := e.server.KillContainer(arn, "main"); err != nil {
					e.Fatal(err)
				}
			},
			code: types.TaskStopCodeEssentialContainerExited, reason: "Essential container in task exited",
			exitCode: aws.Int32(137),
		},
		"Spot interruption": {
			containers: []types.ContainerDefinition{shell("main", "sleep 600")},
			end: func(e *env, arn string) {
				e.await(arn, "RUNNING")
				if err := e.server.InterruptSpotTask(arn); err != nil {
					e.Fatal(err)
				}
			},
			code: types.TaskStopCodeSpotInterruption, reason: "Your Spot Task was interrupted.", exitCode: aws.Int32(143),
		},
		"unknown image": {
			containers: []types.ContainerDefinition{{Name: aws.String("main"), Image: aws.String("absent:1")}},
			code:       types.TaskStopCodeTaskFailedToStart, reason: "CannotPullContainerError: ",
		},
		"command that is not there": {
			containers: []types.ContainerDefinition{{
				Name: aws.String("main"), Image: aws.String("shell"), EntryPoint: []string{"/does/not/exist"},
			}},
			code: types.TaskStopCodeTaskFailedToStart, reason: "CannotStartContainerError: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := start(t)
			e.register("job", tc.containers...)
			arn := e.run()
			if tc.end != nil {
				tc.end(e, arn)
			}
			task := e.await(arn, "STOPPED")
			if task.StopCode != tc.code || !strings.HasPrefix(*task.StoppedReason, tc.reason) {
				t.Errorf("stop code %s, reason %q", task.StopCode, *task.StoppedReason)
			}
			if diff := cmp.Diff(tc.exitCode, task.Containers[0].ExitCode); diff != "" {
				t.Errorf("exit code (-want +got):\n%s", diff)
			}
			if *task.Containers[0].LastStatus != "STOPPED" || *task.DesiredStatus != "STOPPED" {
				t.Errorf("container is %s, task should be %s", *task.Containers[0].LastStatus, *task.DesiredStatus)
			}
		})
	}
}

func TestStopTask_WhileStarting_EndsTheTaskWithoutRunningIt(t *testing.T) {
	for name, delays := range map[string]localecs.Delays{
		"PROVISIONING": {Provisioning: time.Hour},
		"PENDING":      {Pending: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t, func(c *localecs.Config) { c.Delays = delays })
			arn := e.run()
			e.await(arn, name)
			e.stop(arn)
			if task := e.await(arn, "STOPPED"); task.StartedAt != nil || task.Containers[0].ExitCode != nil {
				t.Errorf("startedAt %v, exit code %v", task.StartedAt, task.Containers[0].ExitCode)
			}
		})
	}
}

func TestStopTask_ContainerIgnoresSIGTERM_KillsItAfterTheStopTimeout(t *testing.T) {
	e := start(t)
	main := shell("main", "trap '' TERM; echo up; while :; do sleep 0.05; done")
	main.StopTimeout = aws.Int32(1)
	e.register("job", main)
	arn := e.run()
	e.logged(arn, "main")
	e.stop(arn)
	if task := e.await(arn, "STOPPED"); *task.Containers[0].ExitCode != 137 {
		t.Errorf("exit code %d, want 137", *task.Containers[0].ExitCode)
	}
}

func TestTask_Stopped_LeavesNoProcess(t *testing.T) {
	e := start(t)
	arn := e.run(script("setsid sh -c 'echo $$; sleep 600' & wait"))
	pid := atoi(t, strings.TrimSpace(e.logged(arn, "main")))
	e.stop(arn)
	e.await(arn, "STOPPED")
	if syscall.Kill(pid, 0) == nil {
		t.Errorf("process %d outlives its task", pid)
	}
}

func TestClose_EndsAllContainers(t *testing.T) {
	e := start(t)
	arn := e.run(script("trap '' TERM; echo $$; while :; do sleep 0.05; done"))
	pid := atoi(t, strings.TrimSpace(e.logged(arn, "main")))
	if err := e.server.Close(); err != nil {
		t.Fatal(err)
	}
	if syscall.Kill(pid, 0) == nil {
		t.Errorf("process %d outlives the server", pid)
	}
}
