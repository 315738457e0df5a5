package oci

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/containerinit"
)

// startTime bounds the start of a container; startInterval is the pause between
// looks at whether it has started.
const (
	startTime     = time.Minute
	startInterval = 2 * time.Millisecond
)

// ContainerSpec describes a container. What is empty comes from the image.
type ContainerSpec struct {
	// Name is unique in the sandbox.
	Name  string
	Image *Image
	// EntryPoint and Command are as in a task definition: an entry point drops the
	// image's command too.
	EntryPoint, Command []string
	// Env has KEY=value, on top of the image's.
	Env []string
	// User is a name or id in the image, with a group after a colon if wanted.
	User             string
	WorkingDirectory string
	ReadOnlyRoot     bool
	// Init puts an init process, which forwards signals and reaps, before the
	// command.
	Init   bool
	Mounts []Mount
	// Output gets what the container writes. It may be closed once Start returns.
	Output *os.File
}

// Mount is a volume of the sandbox in a container.
type Mount struct {
	Volume, Path string
	ReadOnly     bool
}

// Container is a started container. Its methods may be called concurrently.
type Container struct {
	sandbox *Sandbox
	name    string
	process *containerinit.Process

	ended chan struct{} // closed once code and err are set
	code  int
	err   error
}

// Start starts a container and returns when its command runs. The container ends
// with this process at the latest. Errors read as those of a container runtime. The
// end of the context interrupts the preparation, not the start itself.
func (s *Sandbox) Start(ctx context.Context, spec ContainerSpec) (*Container, error) {
	if err := s.mountRoot(ctx, spec); err != nil {
		return nil, fmt.Errorf("mounting the image: %w", err)
	}
	if err := s.writeBundle(spec); err != nil {
		return nil, err
	}
	process, err := s.startRunc(spec.Output, spec.Name,
		"run", "--no-new-keyring", "--bundle", s.path("containers", spec.Name), "--pid-file", s.path("containers", spec.Name, "pid"), spec.Name)
	if err != nil {
		return nil, err
	}
	c := &Container{sandbox: s, name: spec.Name, process: process, ended: make(chan struct{})}
	go func() {
		c.code, c.err = process.Wait()
		close(c.ended)
	}()
	if err := c.awaitStart(); err != nil {
		return nil, err
	}
	return c, nil
}

// mountRoot lays a writable directory over the image's layers.
func (s *Sandbox) mountRoot(ctx context.Context, spec ContainerSpec) error {
	for _, dir := range []string{"upper", "work", "rootfs"} {
		if err := makeReadable(s.path("containers", spec.Name, dir)); err != nil {
			return err
		}
	}
	// Names of layers are relative, since the options have 4096 bytes.
	options := "lowerdir=" + strings.Join(spec.Image.lower, ":") +
		",upperdir=" + s.path("containers", spec.Name, "upper") + ",workdir=" + s.path("containers", spec.Name, "work")
	return s.inMounts(ctx, "sh", "-c", `cd "$1" && mount -t overlay -o "$2" overlay "$3"`, "sh",
		s.runtime.layers, options, s.path("containers", spec.Name, "rootfs"))
}

// startRunc starts runc in the sandbox's mount namespace, below an init process
// that kills everything when this process ends.
func (s *Sandbox) startRunc(output *os.File, container string, args ...string) (*containerinit.Process, error) {
	nsenter, err := program("nsenter")
	if err != nil {
		return nil, err
	}
	return containerinit.Start(containerinit.Spec{
		Path: nsenter,
		// As for a user who is not root, runc goes on without a cgroup. What it makes in
		// the container must be readable there, whatever this process' umask.
		Args: append([]string{
			"nsenter", "--mount=" + s.namespace("mnt"), "sh", "-c", `umask 022; exec runc --rootless=true "$@"`, "runc",
			"--root", s.path("state"), "--log", s.path("containers", container, "runc.log"), "--log-format", "json",
		}, args...),
		Env: commandEnvironment(), Dir: s.dir, Output: output,
	})
}

// awaitStart waits until the container's command runs. If that fails, nothing of
// the container is left.
func (c *Container) awaitStart() error {
	timeout := time.NewTimer(startTime)
	defer timeout.Stop()
	ticker := time.NewTicker(startInterval)
	defer ticker.Stop()
	for !c.hasStarted() {
		select {
		case <-c.ended:
			if c.hasStarted() { // and is over
				return nil
			}
			return c.startError()
		case <-timeout.C:
			c.Kill()
			<-c.ended
			return fmt.Errorf("container %s has not started within %s", c.name, startTime)
		case <-ticker.C:
		}
	}
	return nil
}

// hasStarted reports whether runc has written the container's process id, which it
// does once the command runs.
func (c *Container) hasStarted() bool {
	_, err := os.Stat(c.sandbox.path("containers", c.name, "pid"))
	return err == nil
}

// startError finds the last error in runc's log.
func (c *Container) startError() error {
	reason := fmt.Sprintf("runc ended with %d", c.code)
	content, err := os.ReadFile(c.sandbox.path("containers", c.name, "runc.log"))
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		var entry struct{ Level, Msg string }
		if json.Unmarshal(lines.Bytes(), &entry) == nil && entry.Level == "error" {
			reason = strings.TrimPrefix(entry.Msg, "runc run failed: ")
		}
	}
	return errors.Join(fmt.Errorf("OCI runtime create failed: runc create failed: %s: unknown", reason), err, lines.Err())
}

// Exec starts another command in the container, as its user, in its directory and
// with its environment. What the command writes is dropped.
func (c *Container) Exec(args ...string) (*containerinit.Process, error) {
	return c.sandbox.startRunc(nil, c.name, append([]string{"exec", c.name}, args...)...)
}

// Wait waits until nothing of the container is left and returns its command's exit
// code: 128 plus the signal's number when a signal ended it.
func (c *Container) Wait() (exitCode int, err error) {
	<-c.ended
	return c.code, c.err
}

// Signal sends a signal to the container's command.
func (c *Container) Signal(signal syscall.Signal) error { return c.process.Signal(signal) }

// Kill ends everything in the container. It does not wait.
func (c *Container) Kill() { c.process.Kill() }
