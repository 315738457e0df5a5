package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

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

func TestRun_RunnerLives_IsNotGone(t *testing.T) {
	a := newAttempt(t)
	a.prepared(sshdtest.Start(t))
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	// Two looks at the parent.
	run := a.launchOf("--config", a.config, "custom", "run", a.write("script", "sleep 3; exit 7"), "build_script")
	run.command.Stdout = writer
	a.begin(run)
	_ = writer.Close()
	bound.End(t, "the end of the stage", func() { _ = run.command.Wait() })
	if got := run.command.ProcessState.ExitCode(); got != buildFailure {
		t.Errorf("ended with %d, want %d\n%s", got, buildFailure, &run.stderr)
	}
	if len(a.jobs()) != 1 {
		t.Error("the job was deleted")
	}
	a.wait(a.start("custom", "cleanup"), 0)
}
