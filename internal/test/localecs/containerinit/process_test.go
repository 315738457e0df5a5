package containerinit_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/containerinit"
)

func start(t *testing.T, script string) (*containerinit.Process, string) {
	t.Helper()
	dir := t.TempDir()
	output, err := os.Create(filepath.Join(dir, "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	process, err := containerinit.Start(containerinit.Spec{
		Path: "/bin/sh", Args: []string{"sh", "-c", script},
		Env: []string{"PATH=" + os.Getenv("PATH"), "GREETING=hello"}, Dir: dir, Output: output,
	})
	if err != nil {
		t.Fatal(err)
	}
	return process, dir
}

func wait(t *testing.T, process *containerinit.Process) int {
	t.Helper()
	code, err := process.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// content waits until the file holds a whole line and returns it.
func content(t *testing.T, path string) string {
	t.Helper()
	var text []byte
	eventually.Holds(t, path+" has a whole line", func() bool {
		text, _ = os.ReadFile(path)
		return strings.HasSuffix(string(text), "\n")
	})
	return strings.TrimSpace(string(text))
}

func alive(t *testing.T, pid string) bool {
	t.Helper()
	number, err := strconv.Atoi(pid)
	if err != nil {
		t.Fatalf("process id %q: %v", pid, err)
	}
	return syscall.Kill(number, 0) == nil
}

func TestWait_ReturnsTheExitCode(t *testing.T) {
	for name, tc := range map[string]struct {
		script string
		want   int
	}{
		"success":           {"exit 0", 0},
		"its own code":      {"exit 7", 7},
		"ended by a signal": {"kill -KILL $$", 137},
	} {
		t.Run(name, func(t *testing.T) {
			process, _ := start(t, tc.script)
			if got := wait(t, process); got != tc.want {
				t.Errorf("exit code %d, want %d", got, tc.want)
			}
		})
	}
}

func TestStart_CommandThatIsNotThere_FailsWithTheCause(t *testing.T) {
	_, err := containerinit.Start(containerinit.Spec{
		Path: "/does/not/exist", Args: []string{"exist"}, Dir: t.TempDir(),
	})
	if want := "starting /does/not/exist: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestStart_GivesEnvironmentDirectoryAndOutput(t *testing.T) {
	process, dir := start(t, `echo "$GREETING from $PWD"; echo problem >&2`)
	wait(t, process)
	got, err := os.ReadFile(filepath.Join(dir, "output"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "hello from " + dir + "\nproblem\n"; string(got) != want {
		t.Errorf("output %q, want %q", got, want)
	}
}

func TestSignal_ReachesTheMainProcess(t *testing.T) {
	process, dir := start(t, `trap 'exit 5' TERM; echo ready > ready; while :; do sleep 0.05; done`)
	content(t, filepath.Join(dir, "ready"))
	if err := process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, process); got != 5 {
		t.Errorf("exit code %d, want 5", got)
	}
	if err := process.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("signal to a container that has ended: %v", err)
	}
}

func TestKill_EndsProcessesThatMovedToAnotherSession(t *testing.T) {
	process, dir := start(t, `trap '' TERM; setsid sh -c 'setsid sleep 600 & echo $! > child; wait' & wait`)
	child := content(t, filepath.Join(dir, "child"))
	process.Kill()
	if got := wait(t, process); got != 137 {
		t.Errorf("exit code %d, want 137", got)
	}
	if alive(t, child) {
		t.Errorf("process %s outlives its container", child)
	}
}

func TestWait_LeavesNoOrphanOfAMainProcessThatEnded(t *testing.T) {
	process, dir := start(t, `setsid sh -c 'sleep 600 & echo $! > child; exit' ; exit 3`)
	if got := wait(t, process); got != 3 {
		t.Errorf("exit code %d, want 3", got)
	}
	if child := content(t, filepath.Join(dir, "child")); alive(t, child) {
		t.Errorf("process %s outlives its container", child)
	}
}
