package oci

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// SandboxSpec describes what the containers of a task share.
type SandboxSpec struct {
	// ID is a name that no other sandbox of the Runtime has.
	ID string
	// Hostname is the containers' host name.
	Hostname string
	// MAC is the address of their network interface.
	MAC string
	// Addresses are the interface's IPv4 addresses, at least one. Nobody else on
	// this machine may use them.
	Addresses []netip.Addr
}

// Sandbox is the network of a task's containers, and their volumes.
type Sandbox struct {
	spec    SandboxSpec
	runtime *Runtime
	dir     string

	// holder lives in the network and the mount namespace and keeps them. It ends
	// when its input does: at the latest when this process ends.
	holder   *exec.Cmd
	lifeline io.WriteCloser

	// connected says that the network interface with the sandbox's name is its own.
	connected bool
}

// sharedFiles are mounted into all containers of a sandbox.
var sharedFiles = []string{"hosts", "hostname", "resolv.conf"}

// NewSandbox makes the namespaces and the network of a task. It returns
// ErrAddressInUse if somebody else has its first address. The caller must Close
// the sandbox.
func (r *Runtime) NewSandbox(ctx context.Context, spec SandboxSpec) (*Sandbox, error) {
	s := &Sandbox{spec: spec, runtime: r, dir: filepath.Join(r.dir, "sandboxes", spec.ID)}
	err := s.writeFiles()
	if err == nil {
		err = s.hold()
	}
	if err == nil {
		err = s.connect(ctx)
	}
	if err == nil {
		err = s.hideCgroups(ctx)
	}
	if err != nil {
		err = fmt.Errorf("making the namespaces of task %s: %w", spec.ID, err)
		return nil, errors.Join(err, s.Close()) //nolint:contextcheck // Closing has a time limit of its own.
	}
	return s, nil
}

func (s *Sandbox) writeFiles() error {
	if err := os.MkdirAll(s.path("state"), 0o700); err != nil {
		return err
	}
	for name, content := range map[string]string{
		"hosts":       "127.0.0.1\tlocalhost\n" + s.spec.Addresses[0].String() + "\t" + s.spec.Hostname + "\n",
		"hostname":    s.spec.Hostname + "\n",
		"resolv.conf": "# Tasks of the local ECS have no name server, and reach this machine alone.\n",
	} {
		if err := os.WriteFile(s.path(name), []byte(content), 0o600); err != nil {
			return err
		}
		if err := os.Chmod(s.path(name), 0o644); err != nil { //nolint:gosec // any user in the container may read it
			return err
		}
	}
	return nil
}

// hold makes the namespaces and starts the process that holds them.
func (s *Sandbox) hold() error {
	path, err := program("unshare")
	if err != nil {
		return err
	}
	cat, err := program("cat")
	if err != nil {
		return err
	}
	s.holder = exec.Command(path, "--net", "--mount", cat)
	s.holder.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C must not end it first
	output, err := s.holder.StdoutPipe()
	if err != nil {
		return err
	}
	if s.lifeline, err = s.holder.StdinPipe(); err != nil {
		return err
	}
	var problems strings.Builder
	s.holder.Stderr = &problems
	if err := s.holder.Start(); err != nil {
		s.holder = nil
		return fmt.Errorf("starting unshare: %w", err)
	}
	// What comes back has been through the new namespaces.
	_, _ = io.WriteString(s.lifeline, "ready\n")
	if line, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		_ = s.holder.Wait()
		s.holder = nil
		return fmt.Errorf("unshare --net --mount: %q, %s", line, strings.TrimSpace(problems.String()))
	}
	return nil
}

// hideCgroups mounts a read-only cgroup file system over whatever this machine
// has. runc then puts containers into no cgroup.
func (s *Sandbox) hideCgroups(ctx context.Context) error {
	return s.inMounts(ctx, "mount", "-t", "cgroup2", "-o", "ro", "cgroup2", "/sys/fs/cgroup")
}

// inMounts runs a command in the sandbox's mount namespace.
func (s *Sandbox) inMounts(ctx context.Context, args ...string) error {
	return run(ctx, "", append([]string{"nsenter", "--mount=" + s.namespace("mnt")}, args...)...)
}

// Close ends everything in the sandbox and removes it.
func (s *Sandbox) Close() error {
	if s.holder != nil {
		s.disconnect()
		_ = s.lifeline.Close()
		_ = s.holder.Process.Kill() // not every container needs to have ended
		_ = s.holder.Wait()         // ended by a signal
	}
	if err := os.RemoveAll(s.dir); err != nil {
		return fmt.Errorf("removing the files of task %s: %w", s.spec.ID, err)
	}
	return nil
}

// namespace is the path of one of the namespaces.
func (s *Sandbox) namespace(kind string) string {
	return "/proc/" + s.holderID() + "/ns/" + kind
}

func (s *Sandbox) holderID() string { return strconv.Itoa(s.holder.Process.Pid) }

func (s *Sandbox) path(names ...string) string {
	return filepath.Join(append([]string{s.dir}, names...)...)
}
