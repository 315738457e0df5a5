package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

// parent is the one Init of this program.
var parent *Init

func TestMain(m *testing.M) {
	var err error
	if parent, err = New(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// start starts a shell command whose output can be read.
func start(t *testing.T, command string) (*Process, io.Reader) {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = write.Close() }()
	t.Cleanup(func() { _ = read.Close() })
	p, err := parent.Start(Spec{
		Path: "/bin/sh", Args: []string{"sh", "-c", command}, Env: os.Environ(), Dir: "/", Stdin: null, Stdout: write, Stderr: null,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if left, err := parent.Terminate(context.Background(), p, 0); left > 0 || err != nil {
			t.Errorf("%d processes are left, %v", left, err)
		}
		parent.Forget(p)
	})
	return p, read
}

func await(t *testing.T, from io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	bound.End(t, "output "+want, func() { _, _ = io.ReadFull(from, got) })
	if string(got) != want {
		t.Fatalf("output %q, want %q", got, want)
	}
}

func TestStart_CommandsThatEndAtOnce_NeverMissTheirEnd(t *testing.T) {
	t.Parallel()
	for i := range 300 {
		p, _ := start(t, fmt.Sprintf("exit %d", i%256))
		bound.Value(t, p.Done(), "the command's end")
		if got := p.Status().ExitStatus(); got != i%256 {
			t.Fatalf("exit code %d, want %d", got, i%256)
		}
	}
}

func TestStart_MissingProgram_FailsWithTheCause(t *testing.T) {
	t.Parallel()
	_, err := parent.Start(Spec{Path: "/does/not/exist", Args: []string{"x"}, Dir: "/", Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr})
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func TestStart_KilledCommand_ReportsItsSignal(t *testing.T) {
	t.Parallel()
	p, _ := start(t, "kill -SEGV $$")
	bound.Value(t, p.Done(), "the command's end")
	if !p.Status().Signaled() || SignalName(p.Status().Signal()) != "SEGV" {
		t.Errorf("%v", p.Status())
	}
}

func TestTerminate_Daemons_BelongToTheirCommand(t *testing.T) {
	p, out := start(t, `(setsid env -i sh -c 'trap "" TERM; echo up; while :; do sleep 100; done' &) ; sleep 100`)
	await(t, out, "up\n")
	if members, err := parent.members(p); len(members) < 2 {
		t.Errorf("%d members, %v", len(members), err)
	}
	if left, err := parent.Terminate(t.Context(), p, 50*time.Millisecond); left != 0 || err != nil {
		t.Errorf("%d are left, %v", left, err)
	}
	bound.Value(t, p.Done(), "the command's end")
	rest, err := io.ReadAll(out)
	if len(rest) > 0 || err != nil {
		t.Errorf("the output is not closed: %q, %v", rest, err)
	}
}

func TestTerminate_CommandThatEndsOnSIGTERM_MayTidyUp(t *testing.T) {
	p, out := start(t, `trap 'echo tidy; exit 3' TERM; echo up; while :; do sleep 0.01; done`)
	await(t, out, "up\n")
	if left, err := parent.Terminate(t.Context(), p, time.Minute); left != 0 || err != nil {
		t.Errorf("%d are left, %v", left, err)
	}
	await(t, out, "tidy\n")
}

func TestTerminate_OtherCommands_GoOn(t *testing.T) {
	first, firstOut := start(t, "sleep 100 & echo up; wait")
	second, secondOut := start(t, "sleep 100 & echo up; wait")
	third, thirdOut := start(t, "sleep 100 & echo up; wait")
	for _, out := range []io.Reader{firstOut, secondOut, thirdOut} {
		await(t, out, "up\n")
	}
	if left, err := parent.Terminate(t.Context(), second, 0); left != 0 || err != nil {
		t.Errorf("%d are left, %v", left, err)
	}
	for name, p := range map[string]*Process{"earlier": first, "later": third} {
		if members, err := parent.members(p); len(members) != 2 {
			t.Errorf("the %s one has %d processes, want 2, %v", name, len(members), err)
		}
	}
}

func TestInit_Orphans_AreReaped(t *testing.T) {
	t.Parallel()
	p, _ := start(t, "(true & true &); true")
	bound.Value(t, p.Done(), "the command's end")
	eventually.Holds(t, "no child has ended and is not reaped", func() bool {
		processes, err := table()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range processes {
			if e.parent == os.Getpid() && e.ended && e.session == p.pid {
				return false
			}
		}
		return true
	})
}

func TestRead_NameWithParentheses_DoesNotShiftTheFields(t *testing.T) {
	t.Parallel()
	p, out := start(t, `printf 'a) S 1 (b' >/proc/$$/comm; echo named; while :; do sleep 100; done`)
	await(t, out, "named\n")
	if name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", p.pid)); string(name) != "a) S 1 (b\n" {
		t.Fatalf("%q, %v", name, err)
	}
	if e, err := read(p.pid); err != nil || e.parent != os.Getpid() || e.session != p.pid || e.start != p.start {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestTerminate_ProcessesThatCannotBeListed_AreNotReportedAsEnded(t *testing.T) {
	p, out := start(t, "echo up; exec sleep 100")
	await(t, out, "up\n")
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 0, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	_, err := parent.Terminate(ctx, p, 0)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(err, unix.EMFILE) {
		t.Errorf("%v", err)
	}
}

func TestIsDaemon_CommandThatHasNoSessionYet_IsAnothersOwn(t *testing.T) {
	t.Parallel()
	i := &Init{pid: 1}
	first, second := &Process{pid: 5, start: 50}, &Process{pid: 7, start: 70}
	firsts := map[int]*Process{5: first, 7: second}
	for name, test := range map[string]struct {
		entry entry
		want  bool
	}{
		"a daemon":                       {entry{identity: identity{8, 80}, parent: 1, session: 8}, true},
		"a daemon of an earlier time":    {entry{identity: identity{4, 40}, parent: 1, session: 4}, false},
		"another command":                {entry{identity: identity{7, 70}, parent: 1, session: 7}, false},
		"another command before setsid":  {entry{identity: identity{7, 70}, parent: 1, session: 1}, false},
		"a daemon with a used id":        {entry{identity: identity{7, 90}, parent: 1, session: 1}, true},
		"in the background of the other": {entry{identity: identity{9, 90}, parent: 1, session: 7}, false},
	} {
		if got := i.isDaemon(test.entry, first, firsts); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestFindShell_WorkingDirectory_DoesNotCount(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bash"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for _, path := range []string{"", ".", ":", dir + "/../" + filepath.Base(dir)} {
		shell := FindShell(path)
		if absolute := filepath.IsAbs(path); filepath.Dir(shell) == dir != absolute || !filepath.IsAbs(shell) {
			t.Errorf("PATH %q: %q", path, shell)
		}
	}
}

func TestLookUp_FindsWhatIsExecutable(t *testing.T) {
	t.Parallel()
	first, second := t.TempDir(), t.TempDir()
	for path, mode := range map[string]os.FileMode{filepath.Join(first, "tool"): 0o600, filepath.Join(second, "tool"): 0o700, filepath.Join(first, "text"): 0o600} {
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	path := first + ":" + second
	if got, err := LookUp("tool", path); got != filepath.Join(second, "tool") || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := LookUp("text", path); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v", err)
	}
	if _, err := LookUp("other", path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if _, err := LookUp(first, ""); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("a directory: %v", err)
	}
}

func TestMerge_LaterEntries_ReplaceEarlierOnes(t *testing.T) {
	t.Parallel()
	got := Merge([]string{"A=1", "B=2", "A=3"}, []string{"B=4=5", "C="})
	if diff := cmp.Diff([]string{"A=3", "B=4=5", "C="}, got); diff != "" {
		t.Error(diff)
	}
	if got := Value(got, "B"); got != "4=5" {
		t.Errorf("B is %q", got)
	}
	if diff := cmp.Diff([]string{"A=3", "C="}, Without(got, "B", "X")); diff != "" {
		t.Error(diff)
	}
}

func TestSignalNumber_KnowsNamesWithoutSIG(t *testing.T) {
	t.Parallel()
	if SignalNumber("TERM") != unix.SIGTERM || SignalNumber("SIGTERM") != 0 || SignalNumber("nonsense") != 0 {
		t.Error("wrong numbers")
	}
}
