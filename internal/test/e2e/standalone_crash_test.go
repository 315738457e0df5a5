package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// victim is an attempt without Kubernetes whose stages can be killed.
type victim struct {
	*mode
	runner  *fakerunner.Runner
	attempt *fakerunner.Attempt
	pid     string // file with the process id of the stage
	log     lockedBuffer
}

// newVictim has tasks whose SSH server never comes up if deaf is true.
func newVictim(t *testing.T, deaf bool) *victim {
	t.Helper()
	container := seed.Container(builtInImage, devstack.Port)
	if deaf {
		container.Environment = append(container.Environment, types.KeyValuePair{Name: aws.String("SSH_START_DELAY"), Value: aws.String("10m")})
	}
	v := &victim{mode: standaloneMode(t), pid: filepath.Join(t.TempDir(), "pid")}
	v.runner = v.runnerOf(t, container)
	wrap(t, v.runner, fmt.Sprintf("echo $$ > %s; exec %s", v.pid, stack.Executor()))
	v.attempt = begin(t, v.runner, newJob(t), &v.log)
	stack.AWS.Reset()
	t.Cleanup(stack.AWS.Reset)
	return v
}

// killWhen starts a stage and kills it once the condition holds.
func (v *victim) killWhen(t *testing.T, stage func(context.Context), what string, holds func() (bool, string)) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		stage(context.Background())
	}()
	eventually.Shows(t, what, holds)
	v.kill(t)
	<-ended
	stack.AWS.Reset()
}

func (v *victim) kill(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(v.pid)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// started is true once the stage's process has written its id.
func (v *victim) started() bool {
	text, err := os.ReadFile(v.pid)
	return err == nil && strings.HasSuffix(string(text), "\n")
}

func (v *victim) prepare(ctx context.Context) { _ = v.attempt.Prepare(ctx) }

// sweep runs fargate sweep and returns what it prints.
func (v *victim) sweep(t *testing.T, args ...string) string {
	t.Helper()
	command := exec.Command(stack.Executor(), append([]string{"--config", configOf(v.runner), "sweep"}, args...)...)
	command.Env = append(os.Environ(), v.runner.Env...)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil {
		t.Errorf("sweep: %v\n%s", err, &output)
	}
	return output.String()
}

// crash is a point at which a prepare stage dies.
type crash struct {
	deaf  bool // the task's SSH server never comes up
	fault func()
	when  func(*victim) (bool, string)
}

func crashes() map[string]crash {
	const always = 1000
	called := func(action string) func(*victim) (bool, string) {
		return func(v *victim) (bool, string) { return stack.AWS.Calls()[action] > 0, v.log.String() }
	}
	hang := func(action string) func() {
		return func() { stack.AWS.FailNext(action, always, localecs.HangFault()) }
	}
	return map[string]crash{
		"before the attempt is recorded": {fault: hang("DescribeTaskDefinition"), when: called("DescribeTaskDefinition")},
		"before RunTask is executed":     {fault: hang("RunTask"), when: called("RunTask")},
		"after RunTask before its result is recorded": {
			fault: func() { stack.AWS.FailNext("RunTask", always, localecs.LostAnswerFault()) },
			when: func(v *victim) (bool, string) {
				tasks, err := stack.Tasks(context.Background())
				return err == nil && tasks == 1, v.log.String()
			},
		},
		"while the task is provisioned": {fault: hang("DescribeTasks"), when: called("DescribeTasks")},
		"while SSH is awaited": {deaf: true, fault: func() {}, when: func(v *victim) (bool, string) {
			return strings.Contains(v.log.String(), "RUNNING"), v.log.String()
		}},
	}
}

func TestStandalone_PrepareKilled_CleanupLeavesNoTask(t *testing.T) {
	for name, crash := range crashes() {
		t.Run(name, func(t *testing.T) {
			v := newVictim(t, crash.deaf)
			crash.fault()
			v.killWhen(t, v.prepare, name, func() (bool, string) { return crash.when(v) })
			t.Log(v.attempt.Cleanup(t.Context()))
			v.assertNothingLeft(t)
		})
	}
}

func TestStandalone_PrepareKilled_SweepLeavesNoTask(t *testing.T) {
	for name, crash := range crashes() {
		t.Run(name, func(t *testing.T) {
			v := newVictim(t, crash.deaf)
			crash.fault()
			v.killWhen(t, v.prepare, name, func() (bool, string) { return crash.when(v) })
			if jobs := v.jobs(t); len(jobs) != 1 {
				t.Fatalf("%d state files, want one", len(jobs))
			}
			assertContains(t, v.sweep(t), "nothing left behind")
			assertContains(t, v.sweep(t, "--older-than", "1ns"), `left behind: job-4711-`, "2 left behind, run fargate sweep --stop to clean up")
			if len(v.jobs(t)) != 1 {
				t.Fatal("a sweep that only lists removed the job")
			}
			assertContains(t, v.sweep(t, "--older-than", "1ns", "--stop"), "cleaned up: job-4711-", "cleaned up: connection file", "2 left behind, 2 cleaned up")
			v.assertNothingLeft(t)
		})
	}
}

// The exact moments depend on the machine.
func TestStandalone_PrepareKilledAtAnyTime_CleanupLeavesNoTask(t *testing.T) {
	for _, delay := range []time.Duration{0, 5, 10, 15, 20, 30, 40, 60, 100, 200, 1500} {
		delay *= time.Millisecond
		t.Run(fmt.Sprintf("%dms", delay.Milliseconds()), func(t *testing.T) {
			v := newVictim(t, false)
			var due time.Time
			v.killWhen(t, v.prepare, "the stage has run long enough", func() (bool, string) {
				if due.IsZero() && v.started() {
					due = time.Now().Add(delay)
				}
				return !due.IsZero() && !time.Now().Before(due), ""
			})
			v.attempt.Cleanup(t.Context())
			v.assertNothingLeft(t)
		})
	}
}

func TestStandalone_CleanupKilled_AnotherOneLeavesNoTask(t *testing.T) {
	const always = 1000
	v := newVictim(t, false)
	if err := v.attempt.Prepare(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, v.log.String())
	}
	stack.AWS.FailNext("StopTask", always, localecs.HangFault())
	v.killWhen(t, func(ctx context.Context) { v.attempt.Cleanup(ctx) }, "StopTask is called", func() (bool, string) {
		return stack.AWS.Calls()["StopTask"] > 0, ""
	})
	v.theJob(t)
	v.attempt.Cleanup(t.Context())
	v.assertNothingLeft(t)
}
