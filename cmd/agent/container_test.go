package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
)

// containerVariable has a containerSpec in JSON, for a process that becomes a
// container.
const containerVariable = "AGENT_TEST_CONTAINER"

// containerSpec is a container: process 1 of namespaces of its own for processes
// and mounts, with a root directory of its own. All share the network, as the
// containers of a task do.
type containerSpec struct {
	Root     string
	ReadOnly bool
	// Binds are directories by where they are in the container.
	Binds map[string]string
	// ReadOnlyBinds are some that the container cannot write to.
	ReadOnlyBinds map[string]string
	Dir           string
	UID, GID      int
	Env           []string
	Args          []string
}

// enterContainer makes this process the container's process 1. It returns only if
// that fails.
func enterContainer(encoded string) error {
	var spec containerSpec
	if err := json.Unmarshal([]byte(encoded), &spec); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") },
		func() error { return unix.Mount(spec.Root, spec.Root, "", unix.MS_BIND, "") },
		func() error { return bindAll(spec) },
		func() error { return unix.Mount("proc", filepath.Join(spec.Root, "proc"), "proc", 0, "") },
		func() error {
			return unix.Mount("devpts", filepath.Join(spec.Root, "dev/pts"), "devpts", 0, "newinstance,ptmxmode=0666,mode=0620")
		},
		func() error { return remount(spec) },
		func() error { return unix.Chroot(spec.Root) },
		func() error { return unix.Chdir(spec.Dir) },
		func() error { return unix.Setgroups(nil) },
		func() error { return unix.Setresgid(spec.GID, spec.GID, spec.GID) },
		func() error { return unix.Setresuid(spec.UID, spec.UID, spec.UID) },
		func() error { return unix.Exec(spec.Args[0], spec.Args, spec.Env) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func bindAll(spec containerSpec) error {
	for inside, outside := range spec.Binds {
		if err := unix.Mount(outside, filepath.Join(spec.Root, inside), "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("binding %s: %w", inside, err)
		}
	}
	for inside, outside := range spec.ReadOnlyBinds {
		at := filepath.Join(spec.Root, inside)
		if err := errors.Join(unix.Mount(outside, at, "", unix.MS_BIND, ""),
			unix.Mount("", at, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")); err != nil {
			return fmt.Errorf("binding %s: %w", inside, err)
		}
	}
	return nil
}

func remount(spec containerSpec) error {
	if !spec.ReadOnly {
		return nil
	}
	return unix.Mount("", spec.Root, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
}

// box is a running container.
type box struct {
	process *exec.Cmd
	output  *buffer
	ended   chan struct{} // closed when err is set
	err     error
}

// startContainer starts a container that ends with the test.
func startContainer(t *testing.T, spec containerSpec) *box {
	t.Helper()
	encoded, err := json.Marshal(spec)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &box{process: exec.Command(self), output: &buffer{}, ended: make(chan struct{})}
	c.process.Env = []string{containerVariable + "=" + string(encoded)}
	c.process.Stdout, c.process.Stderr = c.output, c.output
	c.process.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS}
	if err := c.process.Start(); errors.Is(err, os.ErrPermission) {
		t.Skipf("needs the right to make namespaces: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.ended)
		c.err = c.process.Wait()
	}()
	t.Cleanup(func() {
		c.kill()
		bound.Value(t, c.ended, "the container's end")
		if strings.Contains(c.output.String(), "DATA RACE") {
			t.Error("the race detector has found something")
		}
		if t.Failed() {
			t.Logf("%s said:\n%s", strings.Join(spec.Args, " "), c.output)
		}
	})
	return c
}

func (c *box) signal(signal syscall.Signal) { _ = c.process.Process.Signal(signal) }

func (c *box) kill() { c.signal(syscall.SIGKILL) }

// code waits for the container's end and returns its exit code.
func (c *box) code(t *testing.T) int {
	t.Helper()
	bound.Value(t, c.ended, "the container's end")
	return c.process.ProcessState.ExitCode()
}

// image makes root directories.
type image func(t *testing.T, root string) (binds map[string]string)

// skeleton is what a container runtime adds to every image.
func skeleton(t *testing.T, root string) {
	t.Helper()
	for _, dir := range []string{"proc", "dev/pts", "agent", "builds", "tmp", "root", "work"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"tmp", "work"} {
		if err := os.Chmod(filepath.Join(root, dir), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("pts/ptmx", filepath.Join(root, "dev/ptmx")); err != nil {
		t.Fatal(err)
	}
	for name, number := range map[string]uint64{"null": unix.Mkdev(1, 3), "zero": unix.Mkdev(1, 5), "urandom": unix.Mkdev(1, 9), "tty": unix.Mkdev(5, 0)} {
		path := filepath.Join(root, "dev", name)
		if err := unix.Mknod(path, unix.S_IFCHR|0o666, int(number)); err != nil {
			t.Skipf("needs the right to make devices: %v", err)
		}
		if err := os.Chmod(path, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// scratch has nothing, not even a shell.
func scratch(*testing.T, string) map[string]string { return nil }

// busybox has a shell that is not bash, and its tools.
func busybox(t *testing.T, root string) map[string]string {
	t.Helper()
	if busyboxProgram == "" {
		t.Skip("needs a statically linked busybox (Debian: apt-get install busybox-static)")
	}
	list, err := exec.Command(busyboxProgram, "--list").Output()
	if err != nil {
		t.Fatal(err)
	}
	link(t, busyboxProgram, filepath.Join(root, "bin/busybox"))
	for name := range strings.FieldsSeq(string(list)) {
		if name != "busybox" {
			if err := os.Symlink("busybox", filepath.Join(root, "bin", name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return nil
}

// withBash has this machine's programs.
func withBash(t *testing.T, root string) map[string]string {
	t.Helper()
	binds := map[string]string{}
	for _, dir := range []string{"/bin", "/sbin", "/usr", "/lib", "/lib64", "/etc"} {
		info, err := os.Lstat(dir)
		switch {
		case err != nil:
			continue
		case info.Mode()&os.ModeSymlink != 0:
			target, err := os.Readlink(dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(target, filepath.Join(root, dir)); err != nil {
				t.Fatal(err)
			}
		default:
			if err := os.Mkdir(filepath.Join(root, dir), 0o755); err != nil {
				t.Fatal(err)
			}
			binds[dir] = dir
		}
	}
	return binds
}

// link puts a program somewhere. It is not copied: while the copy is written, a
// process that another test starts would have it open, and it could not be run.
func link(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(from, to); err != nil {
		t.Fatal(err)
	}
}

// buffer takes output of several goroutines.
type buffer struct {
	mu      sync.Mutex
	content bytes.Buffer
}

var _ io.Writer = (*buffer)(nil)

func (b *buffer) Write(piece []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content.Write(piece)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content.String()
}
