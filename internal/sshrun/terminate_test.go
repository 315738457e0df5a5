package sshrun

import (
	"bytes"
	"context"
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
	"testing"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// stubborn starts processes in every way that could escape, and prints the id
// of each.
const stubborn = `
trap '' TERM
sleep 600 & echo $!
setsid sleep 600 </dev/null >/dev/null 2>&1 & echo $!
env -i sleep 600 & echo $!
(trap '' TERM; echo $BASHPID; while :; do sleep 600; done) &
setsid env -i sleep 600 & echo $!
echo $(env -i sh -c 'echo $$; exec sleep 600 >/dev/null 2>&1' &)
echo $$
echo ready
wait; wait; wait; wait; sleep 600
`

func TestRun_Canceled_EndsEveryProcessOfTheScript(t *testing.T) {
	server := sshdtest.Start(t)
	other := startBystander(t, server)
	client := connectTo(t, server)
	output := newPIDCollector()
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("received SIGTERM")
	go func() {
		select {
		case <-output.ready:
			cancel(cause)
		case <-t.Context().Done():
		}
	}()
	err := runScript(ctx, t, client, Script{
		Body: strings.NewReader(stubborn), Stdout: output, Stderr: io.Discard,
		GracePeriod: 300 * time.Millisecond,
	})
	var canceled *CanceledError
	if !errors.As(err, &canceled) || !canceled.Ended {
		t.Fatalf("got %v, want *CanceledError for a script that has ended", err)
	}
	if !errors.Is(err, cause) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not wrap both the cause and the context's error", err)
	}
	if len(output.pids) != 7 {
		t.Errorf("the script printed %d process ids, want 7", len(output.pids))
	}
	for _, pid := range output.pids {
		if running(pid) {
			t.Errorf("process %d still runs", pid)
			killProcess(pid)
		}
	}
	if !running(other) {
		t.Error("a process of another script was ended too")
	}
}

func TestRun_Canceled_LetsTheScriptCleanUp(t *testing.T) {
	client := connectTo(t, sshdtest.Start(t))
	var output bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	err := runScript(ctx, t, client, Script{
		Body: strings.NewReader("trap 'echo cleaned up; exit 0' TERM; echo ready; while :; do sleep 0.1; done"),
		Stdout: writerFunc(func(p []byte) {
			output.Write(p)
			cancel()
		}),
		Stderr:      io.Discard,
		GracePeriod: 20 * time.Second,
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the context's error although the script exited with 0", err)
	}
	if output.String() != "ready\ncleaned up\n" {
		t.Errorf("output is %q", output.String())
	}
}

func TestRun_CanceledBeforeTheScriptRuns_LeavesNothing(t *testing.T) {
	client := connectTo(t, sshdtest.Start(t))
	// The script never ends: the shell keeps waiting for the rest of it.
	body, writer := io.Pipe()
	defer func() { _ = writer.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, _ = io.WriteString(writer, "echo half of it")
		cancel()
	}()
	var stdout, stderr bytes.Buffer
	err := runScript(ctx, t, client, Script{Body: body, Stdout: &stdout, Stderr: &stderr})
	var canceled *CanceledError
	if !errors.As(err, &canceled) || !canceled.Ended {
		t.Fatalf("got %v, want *CanceledError for a script that has ended", err)
	}
	if stdout.Len()+stderr.Len() > 0 {
		t.Errorf("output is %q and %q", stdout.String(), stderr.String())
	}
}

func TestRun_OutputCannotBeWritten_EndsTheScript(t *testing.T) {
	client := connectTo(t, sshdtest.Start(t))
	broken := errors.New("the runner is gone")
	pidFile := filepath.Join(t.TempDir(), "pid")
	err := runScript(t.Context(), t, client, Script{
		Body:   strings.NewReader("echo $$ > " + pidFile + "; echo x; exec sleep 600"),
		Stdout: failingWriter{broken},
		Stderr: io.Discard,
	})
	if !errors.Is(err, broken) {
		t.Fatalf("got %v, want %v", err, broken)
	}
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	if pid := parsePID(t, string(text)); running(pid) {
		t.Errorf("process %d still runs", pid)
		killProcess(pid)
	}
}

func TestTerminateScript_InEveryShell(t *testing.T) {
	noGrep := t.TempDir()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(sleep, filepath.Join(noGrep, "sleep")); err != nil {
		t.Fatal(err)
	}
	for _, shell := range [][]string{{"dash"}, {"bash", "--posix"}, {"busybox", "sh"}} {
		program, err := exec.LookPath(shell[0])
		if err != nil {
			t.Logf("%s is not installed", shell[0])
			continue
		}
		for _, path := range []string{os.Getenv("PATH"), noGrep} {
			t.Run(fmt.Sprintf("%s grep=%v", shell[0], path != noGrep), func(t *testing.T) {
				mine, other := marker(newScriptID()), marker(newScriptID())
				victim, bystander := startMarked(t, mine), startMarked(t, other)
				args := append(slices.Clone(shell[1:]), "-s", "--", mine, "1")
				terminate := exec.Command(program, args...)
				terminate.Env = []string{"PATH=" + path}
				terminate.Stdin = strings.NewReader(terminateScript)
				if output, err := terminate.CombinedOutput(); err != nil || len(output) > 0 {
					t.Fatalf("%v, output %q", err, output)
				}
				if running(victim) {
					t.Error("the marked process still runs")
				}
				if !running(bystander) {
					t.Error("the other process was ended")
				}
			})
		}
	}
}

// inContainer is what a container's first process does: it starts what was there
// before the script, the script with its daemons, and what a look into the
// container starts, and then runs the terminate script below an SSH server's name.
// It prints what goes on after that.
const inContainer = `
cp /bin/sleep before; cp /bin/sleep daemon; cp /bin/sleep server; cp /bin/sh sshd-session
./before 600 &
until [ $(cut -d ' ' -f 22 /proc/self/stat) -gt $(cut -d ' ' -f 22 /proc/$!/stat) ]; do :; done
env MARK=1 sh -c '
	(setsid env -i ./daemon 600 &)
	(trap "" TERM; setsid env -i ./daemon 600 &)
	sleep 600' &
until [ $(cat /proc/[0-9]*/comm 2>/dev/null | grep -c daemon) = 2 ]; do sleep 0.01; done
(./sshd-session -c "./server 600; :" &)
until cat /proc/[0-9]*/comm 2>/dev/null | grep -q server; do sleep 0.01; done
./sshd-session -c 'sh -s -- MARK=1 5 <terminate.sh; echo "exit code $?"'
cat /proc/[0-9]*/comm 2>/dev/null | grep -e before -e daemon -e server -e sshd | sort
`

func TestTerminateScript_InAContainer_EndsDaemonsWithoutTheMarker(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "terminate.sh"), []byte(terminateScript), 0o600); err != nil {
		t.Fatal(err)
	}
	container := exec.Command("unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", inContainer)
	container.Dir = dir
	output, err := container.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if got, want := string(output), "exit code 0\nbefore\nserver\nsshd-session\n"; got != want {
		t.Errorf("afterward there is\n%s\nwant\n%s", got, want)
	}
}

// startMarked starts a process that ignores SIGTERM and carries an environment
// entry behind one of two lines.
func startMarked(t *testing.T, entry string) int {
	t.Helper()
	command := exec.Command("sh", "-c", "trap '' TERM; while :; do sleep 600; done")
	command.Env = append(os.Environ(), "A=two\nlines", entry)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		_ = command.Wait()
	})
	return command.Process.Pid
}

// startBystander runs a script that is not canceled and returns its process.
func startBystander(t *testing.T, s *sshdtest.Server) int {
	t.Helper()
	client := connectTo(t, s)
	output := newPIDCollector()
	finished := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(finished)
		_ = client.Run(ctx, Script{Body: strings.NewReader("echo $$; echo ready; sleep 600"), Stdout: output, Stderr: io.Discard})
	}()
	t.Cleanup(func() {
		cancel()
		bound.Value(t, finished, "the end of the other script")
	})
	bound.Value(t, output.ready, "the other script's start")
	return output.pids[0]
}

// pidCollector reads process ids, one per line, up to a line "ready".
type pidCollector struct {
	text  bytes.Buffer
	pids  []int
	ready chan struct{}
}

func newPIDCollector() *pidCollector { return &pidCollector{ready: make(chan struct{})} }

func (c *pidCollector) Write(p []byte) (int, error) {
	c.text.Write(p)
	for {
		line, err := c.text.ReadString('\n')
		if err != nil {
			c.text.WriteString(line)
			return len(p), nil
		}
		if line == "ready\n" {
			close(c.ready)
			continue
		}
		if pid, err := strconv.Atoi(strings.TrimSpace(line)); err == nil {
			c.pids = append(c.pids, pid)
		}
	}
}

func parsePID(t *testing.T, text string) int {
	t.Helper()
	pid, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		t.Fatalf("no process id: %v", err)
	}
	return pid
}

// running reports whether a process exists and is not a zombie.
func running(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

func killProcess(pid int) { _ = syscall.Kill(pid, syscall.SIGKILL) }

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }
