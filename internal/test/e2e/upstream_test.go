package e2e

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// The defects of the existing Fargate driver, and the tests that ours does not
// have them. Tests without a package are in this one.
//
//	RunTask's failures[] are ignored      TestUpstream_RunTaskReportsAFailure_AnotherAttemptFollows,
//	                                      controllers/fargatejob TestLaunch_CapacityUnavailable_TriesNextSubnetThenNextPlacement
//	a script's failure is a system one    TestJob_ScriptFails_ReportsItsExitCode,
//	                                      cmd/fargate TestRun_EveryEnd_SaysWhoFailed
//	cancel exits with 0                   TestJob_Canceled_ScriptIsGoneTaskIsThereAndAfterScriptRuns,
//	                                      internal/gitlab TestExitCodes_Finish
//	rollback with a canceled context      TestJob_CanceledWhilePreparing_LeavesNothing
//	scripts of 128 KiB break              TestUpstream_ScriptOf300KiB_Runs,
//	                                      internal/sshrun TestRun_5MiBScript_RunsAndAppearsInNoCommandLine
//	no dial timeout                       internal/sshrun TestDial_PeerThatIsNotUsable_SaysWhy
//	no keepalive                          internal/sshrun TestRun_SilentForHalfAnHourBehindNAT_StaysConnected,
//	                                      internal/sshrun TestRun_PeerDies_IsNoticedWithinAMinute
//	host keys are not checked             internal/sshrun TestDial_OtherHostKey_NamesBothFingerprints,
//	                                      cmd/fargate TestRun_EveryEnd_SaysWhoFailed
//	sshd comes up after RUNNING           TestJob_SSHServerComesUpLate_IsWaitedFor
//	task leaks when the runner dies       cmd/fargate TestPrepare_Killed_CleanupFindsTheJob,
//	                                      TestController_KilledBetweenRunTaskAndStatusWrite_FindsTheSameTask,
//	                                      TestStandalone_PrepareKilled_CleanupLeavesNoTask,
//	                                      TestStandalone_PrepareKilled_SweepLeavesNoTask,
//	                                      TestStandalone_PrepareKilledAtAnyTime_CleanupLeavesNoTask
//	a missing address dereferences nil    TestUpstream_InterfaceNotKnownYet_JobRunsAtItsPublicAddress,
//	                                      controllers/fargatejob TestAddress_InterfaceNotKnownYet_IsLookedUpAgain
//	why a task stopped is never shown     TestUpstream_TaskDies_JobLogSaysWhyWithTheLastLines,
//	                                      TestJob_TaskDiesWhileAScriptRuns_SaysWhy

func TestUpstream_RunTaskReportsAFailure_AnotherAttemptFollows(t *testing.T) {
	for name, start := range bothModes() {
		t.Run(name, func(t *testing.T) {
			m := start(t)
			runner := m.defaultRunner(t)
			stack.AWS.Reset()
			stack.AWS.FailNext("RunTask", 1, localecs.FailureFault("Capacity is unavailable at this time. Please try again later"))
			var log lockedBuffer
			if result := runner.Run(t.Context(), newJob(t), &log); result.Err != nil {
				t.Errorf("%v\n%s", result.Err, log.String())
			}
			if n := stack.AWS.Calls()["RunTask"]; n != 2 {
				t.Errorf("%d calls of RunTask, want 2", n)
			}
			m.assertNothingLeft(t)
		})
	}
}

func TestUpstream_ScriptOf300KiB_Runs(t *testing.T) {
	for name, start := range bothModes() {
		t.Run(name, func(t *testing.T) {
			m := start(t)
			runner := m.defaultRunner(t)
			var log lockedBuffer
			attempt := prepared(t, runner, newJob(t), &log)
			script := "VALUE='" + strings.Repeat("x", 300<<10) + "'; echo ${#VALUE} bytes"
			if err := attempt.RunScript(t.Context(), "build_script", fakerunner.Script(script)); err != nil {
				t.Errorf("%v\n%s", err, log.String())
			}
			assertContains(t, log.String(), "307200 bytes")
			attempt.Cleanup(t.Context())
			m.assertNothingLeft(t)
		})
	}
}

// publicAddress matches what the job log says about a task that is reached at a
// public address of the local ECS: 127.96.0.0/11.
var publicAddress = regexp.MustCompile(`connected to 127\.(9[6-9]|1[01]\d|12[0-7])\.`)

func TestUpstream_InterfaceNotKnownYet_JobRunsAtItsPublicAddress(t *testing.T) {
	const unknown = 2 // answers
	for mode, start := range settingRunners {
		t.Run(mode, func(t *testing.T) {
			runner := start(t, setting{fargate: "EnablePublicIP = true"})
			stack.AWS.Reset()
			t.Cleanup(stack.AWS.Reset)
			stack.AWS.FailNext("DescribeNetworkInterfaces", unknown, localecs.ErrorFault(localecs.APIError{
				Code: "InvalidNetworkInterfaceID.NotFound", Message: "The networkInterface ID 'eni-1' does not exist", Status: 400,
			}))
			var log lockedBuffer
			if result := runner.Run(t.Context(), newJob(t), &log); result.Err != nil {
				t.Errorf("%v\n%s", result.Err, log.String())
			}
			if n := stack.AWS.Calls()["DescribeNetworkInterfaces"]; n <= unknown {
				t.Errorf("%d calls of DescribeNetworkInterfaces, want more than %d", n, unknown)
			}
			if !publicAddress.MatchString(log.String()) {
				t.Errorf("the job did not run at the public address:\n%s", log.String())
			}
			assertNothingLeft(t)
		})
	}
}

func TestJob_CleanedUpWhileAScriptRuns_EndsWithTheReason(t *testing.T) {
	for name, start := range bothModes() {
		t.Run(name, func(t *testing.T) {
			m := start(t)
			runner := m.defaultRunner(t)
			var log lockedBuffer
			attempt := prepared(t, runner, newJob(t), &log)
			done := make(chan error, 1)
			go func() {
				done <- attempt.RunScript(context.Background(), "build_script", fakerunner.Script("echo started; sleep 600"))
			}()
			awaitLog(t, &log, "started")
			attempt.Cleanup(t.Context())
			var failure *fakerunner.SystemFailure
			if err := <-done; !errors.As(err, &failure) {
				t.Errorf("the stage ended with %v, want a system failure", err)
			}
			assertContains(t, log.String(), "was deleted while its script ran")
			m.assertNothingLeft(t)
		})
	}
}

// onlyTask returns the ARN of the only task.
func onlyTask(t *testing.T) string {
	t.Helper()
	client, err := stack.ECS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.ListTasks(t.Context(), &ecs.ListTasksInput{Cluster: aws.String(devstack.Cluster)})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.TaskArns) != 1 {
		t.Fatalf("%d tasks, want one", len(out.TaskArns))
	}
	return out.TaskArns[0]
}
