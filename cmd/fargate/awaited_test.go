package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/executor"
	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// silent is a script that prints nothing and tells its process id in a file.
const silent = "echo $$ >~/pid.new; mv ~/pid.new "

// beginSilent starts the run stage with a silent script, as a child of a shell or
// in its place, and returns what ended with its end.
func (a *attempt) beginSilent(shell string, stdout *os.File) *launched {
	a.t.Helper()
	script := a.write("script", silent+a.path("pid")+"; exec sleep 600")
	run := a.launchOf()
	stage := []string{program, "--config", a.config, "custom", "run", script, "build_script"}
	command := exec.Command("sh", append([]string{"-c", shell, "sh"}, stage...)...)
	command.Env, command.Dir, command.Stdout, command.Stderr = run.command.Env, a.dir, stdout, stdout
	run.command = command
	a.begin(run)
	eventually.Holds(a.t, "the script runs", func() bool {
		_, err := os.Stat(a.path("pid"))
		return err == nil
	})
	return run
}

func TestRun_RunnerIsKilledUnderASilentScript_EndsScriptAndJob(t *testing.T) {
	for name, test := range map[string]struct {
		shell string
		// leave makes the stage a process that nobody waits for.
		leave func(t *testing.T, shell *os.Process, reader *os.File)
	}{
		"the parent, the job log is a file": {
			shell: `"$@" >log 2>&1; exit 1`,
			leave: func(t *testing.T, shell *os.Process, _ *os.File) {
				t.Helper()
				if err := shell.Kill(); err != nil {
					t.Fatal(err)
				}
			},
		},
		"the reader, behind a shell that lives": {
			shell: `"$@"; exit 1`,
			leave: func(_ *testing.T, _ *os.Process, reader *os.File) { _ = reader.Close() },
		},
		"the reader, with init as the parent": {
			shell: `("$@" &) ; exec sleep 600`,
			leave: func(_ *testing.T, _ *os.Process, reader *os.File) { _ = reader.Close() },
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			a.prepared(sshdtest.Start(t))
			reader, writer, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = reader.Close() }()
			run := a.beginSilent(test.shell, writer)
			_ = writer.Close()
			pid, err := os.ReadFile(a.path("pid"))
			if err != nil {
				t.Fatal(err)
			}
			test.leave(t, run.command.Process, reader)
			eventually.Holds(t, "the script has ended", func() bool {
				_, err := os.Stat(filepath.Join("/proc", strings.TrimSpace(string(pid))))
				return err != nil
			})
			eventually.Holds(t, "the job is deleted", func() bool { return len(a.jobs()) == 0 })
			eventually.Holds(t, "the connection file is removed", func() bool { return len(a.connectionFiles()) == 0 })
		})
	}
}

// watched is a runnerWatch of a parent and a job log that the test controls.
type watched struct {
	ctx    context.Context //nolint:containedctx // it is what the watch returns
	parent atomic.Int32
	looks  atomic.Int32 // at the parent

	reader, writer *os.File
}

func watch(t *testing.T, parent int32) *watched {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{reader: reader, writer: writer}
	w.parent.Store(parent)
	ctx, stop := runnerWatch{
		output: int32(writer.Fd()),
		parent: func() int {
			w.looks.Add(1)
			return int(w.parent.Load())
		},
		interval: time.Millisecond,
	}.start(t.Context())
	w.ctx = ctx
	t.Cleanup(func() {
		stop()
		_, _ = reader.Close(), writer.Close()
	})
	return w
}

// awaitLooks waits for two more looks at the parent.
func (w *watched) awaitLooks(t *testing.T) {
	t.Helper()
	seen := w.looks.Load()
	eventually.Holds(t, "the parent is looked at", func() bool { return w.looks.Load() >= seen+2 })
}

func TestRunnerWatch_RunnerLives_IsNotGone(t *testing.T) {
	w := watch(t, 4711)
	w.awaitLooks(t)
	if err := context.Cause(w.ctx); err != nil {
		t.Errorf("ended with %v", err)
	}
	w.parent.Store(1)
	bound.Value(t, w.ctx.Done(), "the end of the parent")
	if err := context.Cause(w.ctx); !errors.Is(err, executor.ErrRunnerGone) {
		t.Errorf("ended with %v, want that the runner is gone", err)
	}
}

func TestRunnerWatch_InitIsTheParent_TheReaderTells(t *testing.T) {
	w := watch(t, 1)
	_ = w.reader.Close()
	bound.Value(t, w.ctx.Done(), "the end of the reader")
	if err := context.Cause(w.ctx); !errors.Is(err, executor.ErrRunnerGone) {
		t.Errorf("ended with %v, want that the runner is gone", err)
	}
}
