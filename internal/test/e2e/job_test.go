package e2e

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"sigs.k8s.io/yaml"

	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/fakerunner"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// builtInImage is the image of the built-in SSH server.
const builtInImage = "fargate-operator/ssh-server"

func TestJob_ArtifactsAndAfterScript_RunsInNineLaunches(t *testing.T) {
	for name, start := range bothModes() {
		t.Run(name, func(t *testing.T) {
			m := start(t)
			for name, image := range map[string]string{"OpenSSH": opensshImage, "built-in": builtInImage} {
				t.Run(name, func(t *testing.T) {
					runner := m.runnerOf(t, seed.Container(image, devstack.Port))
					job := newJob(t)
					job.AfterScript = []string{`echo "after it"`}
					job.Artifacts = true
					var log lockedBuffer
					result := runner.Run(t.Context(), job, &log)
					if result.Err != nil {
						t.Fatalf("%v\n%s", result.Err, log.String())
					}
					if result.Launches != 9 {
						t.Errorf("%d launches, want 9", result.Launches)
					}
					assertContains(t, log.String(), "It works!", "after it", "Uploading artifacts", "PROVISIONING", "PENDING", "RUNNING")
					m.assertNothingLeft(t)
				})
			}
		})
	}
}

func TestJob_ScriptFails_ReportsItsExitCode(t *testing.T) {
	for name, start := range bothModes() {
		t.Run(name, func(t *testing.T) {
			m := start(t)
			runner := m.defaultRunner(t)
			job := newJob(t)
			job.Script = []string{"exit 7"}
			job.AfterScript = []string{`echo "after it"`}
			var log lockedBuffer
			result := runner.Run(t.Context(), job, &log)
			var failure *fakerunner.BuildFailure
			if !errors.As(result.Err, &failure) || failure.ExitCode != 7 {
				t.Errorf("the job ended with %v, want a build failure with exit code 7\n%s", result.Err, log.String())
			}
			assertContains(t, log.String(), "after it")
			m.assertNothingLeft(t)
		})
	}
}

func TestJob_SSHServerComesUpLate_IsWaitedFor(t *testing.T) {
	for name, start := range bothModes() {
		t.Run(name, func(t *testing.T) {
			m := start(t)
			container := seed.Container(builtInImage, devstack.Port)
			container.Environment = append(container.Environment, types.KeyValuePair{Name: aws.String("SSH_START_DELAY"), Value: aws.String("2s")})
			runner := m.runnerOf(t, container)
			var log lockedBuffer
			if result := runner.Run(t.Context(), newJob(t), &log); result.Err != nil {
				t.Errorf("%v\n%s", result.Err, log.String())
			}
			assertContains(t, log.String(), "It works!")
			m.assertNothingLeft(t)
		})
	}
}

func TestJob_TaskDiesWhileAScriptRuns_SaysWhy(t *testing.T) {
	for name, start := range bothModes() {
		t.Run(name, func(t *testing.T) {
			m := start(t)
			runner := m.defaultRunner(t)
			var log lockedBuffer
			attempt := prepared(t, runner, newJob(t), &log)
			started := filepath.Join(t.TempDir(), "started")
			done := make(chan error, 1)
			go func() {
				done <- attempt.RunScript(context.Background(), "build_script", fakerunner.Script("touch "+started+"; sleep 600"))
			}()
			eventually.Shows(t, "the script runs", func() (bool, string) { return exists(started), log.String() })
			if err := stack.AWS.KillContainer(m.theJob(t).Status.Task.ARN, "ci-coordinator"); err != nil {
				t.Fatal(err)
			}
			err := <-done
			var failure *fakerunner.SystemFailure
			if !errors.As(err, &failure) {
				t.Errorf("the stage ended with %v, want a system failure", err)
			}
			assertContains(t, log.String(), "Essential container in task exited", "137")
			attempt.Cleanup(t.Context())
			m.assertNothingLeft(t)
		})
	}
}

func TestJob_Canceled_ScriptIsGoneTaskIsThereAndAfterScriptRuns(t *testing.T) {
	for name, start := range bothModes() {
		t.Run(name, func(t *testing.T) {
			m := start(t)
			for name, image := range map[string]string{"OpenSSH": opensshImage, "built-in": builtInImage} {
				t.Run(name, func(t *testing.T) {
					runner := m.runnerOf(t, seed.Container(image, devstack.Port))
					var log lockedBuffer
					attempt := prepared(t, runner, newJob(t), &log)
					// A child of the script, and a grandchild in its own session.
					marker := "sleep 0600" + filepath.Base(t.TempDir())
					ctx, cancel := context.WithCancel(t.Context())
					done := make(chan error, 1)
					go func() {
						done <- attempt.RunScript(ctx, "build_script", fakerunner.Script(
							"(exec -a '"+marker+"' sleep 600) & setsid bash -c \"exec -a '"+marker+"' sleep 600\" & echo started; wait"))
					}()
					awaitLog(t, &log, "started")
					eventually.Shows(t, "both processes run", func() (bool, string) { return len(processes(t, marker)) >= 2, "" })
					cancel()
					if err := <-done; err == nil {
						t.Error("the stage exited with 0 after SIGTERM")
					}
					eventually.Shows(t, "the script's processes are gone", func() (bool, string) {
						left := processes(t, marker)
						return len(left) == 0, strings.Join(left, "\n")
					})
					if status := m.theJob(t).Status.Task.LastStatus; status != "RUNNING" {
						t.Errorf("the task is %s after a cancel, want RUNNING", status)
					}
					if err := attempt.RunScript(t.Context(), "after_script", fakerunner.Script("echo after it")); err != nil {
						t.Errorf("after_script: %v\n%s", err, log.String())
					}
					assertContains(t, log.String(), "after it")
					attempt.Cleanup(t.Context())
					m.assertNothingLeft(t)
				})
			}
		})
	}
}

func TestJob_Secrets_ReachNoObjectLogOrCommandLine(t *testing.T) {
	for name, start := range bothModes() {
		t.Run(name, func(t *testing.T) {
			m := start(t)
			runner := m.defaultRunner(t)
			var log lockedBuffer
			attempt := prepared(t, runner, newJob(t), &log)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() {
				script := "echo started; sleep 600 # " + strings.Join(fakerunner.Secrets(), " ")
				done <- attempt.RunScript(ctx, "build_script", fakerunner.Script(script))
			}()
			awaitLog(t, &log, "started")
			object, err := yaml.Marshal(m.theJob(t))
			if err != nil {
				t.Fatal(err)
			}
			secrets := append(fakerunner.Secrets(), "PRIVATE KEY")
			for _, secret := range secrets {
				for place, text := range map[string]string{"FargateJob": string(object), "manager's log": managerLog.String(), "job log": log.String()} {
					if strings.Contains(text, secret) {
						t.Errorf("the %s has %q in it:\n%s", place, secret, text)
					}
				}
				if found := processes(t, secret); len(found) > 0 {
					t.Errorf("a command line has %q in it: %v", secret, found)
				}
			}
			assertPrivate(t, m.private(attempt))
			cancel()
			if err := <-done; err == nil {
				t.Error("the stage exited with 0 after SIGTERM")
			}
			attempt.Cleanup(t.Context())
			m.assertNothingLeft(t)
		})
	}
}

// assertPrivate fails if others may read a file with a private key.
func assertPrivate(t *testing.T, dir string) {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(data), "PRIVATE KEY") {
			return err
		}
		found = true
		info, err := entry.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s with the private key has mode %s, want 0600", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !found {
		t.Error("no file with the private key was found")
	}
}

// processes returns the command lines that have the text in them.
func processes(t *testing.T, text string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil {
			continue // It has ended.
		}
		if line := strings.ReplaceAll(string(line), "\x00", " "); strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}
