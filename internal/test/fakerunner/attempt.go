package fakerunner

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The exit codes that the executable is told to use.
const buildFailure, systemFailure = 1, 2

// gracefulKill is how long a stage may live on after SIGTERM. gitlab-runner
// waits ten minutes by default.
const gracefulKill = time.Minute

// BuildFailure says that the user's script failed.
type BuildFailure struct {
	Stage string
	// ExitCode is the content of BUILD_EXIT_CODE_FILE, or the process' exit code
	// if there is no such file.
	ExitCode int
}

func (e *BuildFailure) Error() string {
	return fmt.Sprintf("%s: exit code %d", e.Stage, e.ExitCode)
}

// SystemFailure is any other failure of a stage.
type SystemFailure struct {
	Stage string
	Err   error
}

func (e *SystemFailure) Error() string {
	return fmt.Sprintf("%s: runner system failure: %v", e.Stage, e.Err)
}

func (e *SystemFailure) Unwrap() error { return e.Err }

// Attempt is one attempt to run a job: a temporary directory and the stages
// that share it. A canceled context sends the running stage SIGTERM.
type Attempt struct {
	// Dir is TMPDIR.
	Dir string
	// Launches is how often the executable has been started so far.
	Launches int

	runner    *Runner
	job       Job
	log       io.Writer
	buildsDir string
	jobEnv    []string
}

// Begin makes an attempt whose stages write to the log.
func (r *Runner) Begin(job Job, log io.Writer) (*Attempt, error) {
	dir, err := os.MkdirTemp("", "custom-executor")
	if err != nil {
		return nil, err
	}
	a := &Attempt{Dir: dir, runner: r, job: job, log: log, buildsDir: r.BuildsDir}
	return a, os.WriteFile(a.responseFile(), a.response(), 0o600)
}

// end removes the temporary directory.
func (a *Attempt) end() error { return os.RemoveAll(a.Dir) }

// Config runs the config stage and applies what it prints.
func (a *Attempt) Config(ctx context.Context) error {
	custom := &a.runner.Custom
	var out bytes.Buffer
	if err := a.launch(ctx, "config", &out, a.log, custom.ConfigExec, custom.ConfigArgs...); err != nil {
		return err
	}
	var config configOutput
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &config); err != nil {
			return &SystemFailure{Stage: "config", Err: fmt.Errorf("its output is not valid JSON: %w", err)}
		}
	}
	if err := a.apply(&config); err != nil {
		return &SystemFailure{Stage: "config", Err: err}
	}
	return nil
}

// Prepare runs the prepare stage.
func (a *Attempt) Prepare(ctx context.Context) error {
	custom := &a.runner.Custom
	return a.launch(ctx, "prepare", a.log, a.log, custom.PrepareExec, custom.PrepareArgs...)
}

// Run runs one sub-stage with the script that gitlab-runner would generate.
func (a *Attempt) Run(ctx context.Context, stage string) error {
	return a.RunScript(ctx, stage, a.script(stage))
}

// RunScript runs one sub-stage with the given script.
func (a *Attempt) RunScript(ctx context.Context, stage string, script []byte) error {
	file := filepath.Join(a.Dir, "script-"+stage)
	if err := os.WriteFile(file, script, 0o700); err != nil { //nolint:gosec // gitlab-runner makes it executable
		return err
	}
	custom := &a.runner.Custom
	return a.launch(ctx, stage, a.log, a.log, custom.RunExec, slices.Concat(custom.RunArgs, []string{file, stage})...)
}

// Cleanup runs the cleanup stage and returns its output, which goes to the
// runner's own log. Its failure changes nothing.
func (a *Attempt) Cleanup(ctx context.Context) string {
	custom := &a.runner.Custom
	var out bytes.Buffer
	if err := a.launch(ctx, "cleanup", &out, &out, custom.CleanupExec, custom.CleanupArgs...); err != nil {
		fmt.Fprintln(&out, err)
	}
	return out.String()
}

// launch starts the program of a stage as gitlab-runner does.
func (a *Attempt) launch(ctx context.Context, stage string, stdout, stderr io.Writer, program string, args ...string) error {
	a.Launches++
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = a.Dir
	cmd.Env = a.environment()
	cmd.Stdout, cmd.Stderr = stdout, stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = gracefulKill
	err := cmd.Run()
	if cmd.ProcessState != nil && cmd.ProcessState.Success() {
		// As with gitlab-runner, exit code 0 counts even after SIGTERM.
		return nil
	}
	return a.outcome(stage, err)
}

// outcome returns what the failure of a stage means to gitlab-runner.
func (a *Attempt) outcome(stage string, err error) error {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return &SystemFailure{Stage: stage, Err: err}
	}
	if exit.ExitCode() != buildFailure {
		return &SystemFailure{Stage: stage, Err: err}
	}
	code := buildFailure
	if text, err := os.ReadFile(a.exitCodeFile()); err == nil {
		if code, err = strconv.Atoi(strings.TrimSpace(string(text))); err != nil {
			return &SystemFailure{Stage: stage, Err: fmt.Errorf("reading the exit code: %w", err)}
		}
	}
	return &BuildFailure{Stage: stage, ExitCode: code}
}

func (a *Attempt) printf(format string, args ...any) { fmt.Fprintf(a.log, format, args...) }

func (a *Attempt) responseFile() string { return filepath.Join(a.Dir, "response.json") }
func (a *Attempt) exitCodeFile() string { return filepath.Join(a.Dir, "build_exit_code") }
