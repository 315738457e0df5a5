// Package controlplane builds and runs a real Kubernetes API server (with RBAC, garbage collection, namespaces and
// service accounts, without nodes) for the tests and the demo. The server is the program in hack/controlplane; it
// listens on the loopback interface only and needs neither root nor anything installed but Go.
//
// A package's tests normally use controlplanetest instead of this package.
package controlplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// stopTimeout is how long a stopping control plane may take before it is killed; about one second is usual.
const stopTimeout = 30 * time.Second

// startPollInterval is how often Start looks for the kubeconfig, which is written last.
const startPollInterval = 20 * time.Millisecond

// Options say how a control plane is started.
type Options struct {
	// Dir keeps etcd's data, the keys, the kubeconfig and the log (controlplane.log). A later Start in the same
	// directory finds the same objects. Empty means a temporary directory that Stop removes.
	Dir string
	// AuditLog is a file that gets each request's metadata as an audit.k8s.io/v1 Event, one JSON object a line. Empty
	// means none.
	AuditLog string
}

// ControlPlane is a running control plane. It stops at the latest when the process that started it ends.
type ControlPlane struct {
	dir    string
	audit  string
	config *rest.Config
	cmd    *exec.Cmd
	stdin  io.Closer
	stderr *bytes.Buffer
	exited chan struct{} // closed when the process has ended and waitErr is set

	waitErr error
	stop    func() error
}

// Start builds the control plane if needed (see Build) and returns when it is ready to use, normally within 3 s. The
// context bounds the start, not the life: call Stop to end it.
func Start(ctx context.Context, opts Options) (*ControlPlane, error) {
	binary, err := Build(ctx)
	if err != nil {
		return nil, err
	}
	dir, removeDir, err := stateDir(opts.Dir)
	if err != nil {
		return nil, err
	}
	c := &ControlPlane{dir: dir, audit: opts.AuditLog, exited: make(chan struct{})}
	c.stop = sync.OnceValue(func() error { return errors.Join(c.stopProcess(), removeDir()) })
	if err := c.startProcess(binary); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the control plane: %w", err), removeDir())
	}
	if err := c.awaitKubeconfig(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the control plane: %w", err), c.Stop())
	}
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reading the control plane's kubeconfig: %w", err), c.Stop())
	}
	config.QPS = -1 // The server is this process' own: no client-side limit.
	c.config = config
	return c, nil
}

// Config returns a new client configuration of the cluster's administrator, without a client-side rate limit.
func (c *ControlPlane) Config() *rest.Config { return rest.CopyConfig(c.config) }

// Kubeconfig returns the path of the administrator's kubeconfig.
func (c *ControlPlane) Kubeconfig() string { return filepath.Join(c.dir, "kubeconfig") }

// Stop ends the control plane and returns when its process is gone. Calling it again returns the first result.
func (c *ControlPlane) Stop() error { return c.stop() }

func stateDir(dir string) (string, func() error, error) {
	if dir != "" {
		return dir, func() error { return nil }, nil
	}
	dir, err := os.MkdirTemp("", "controlplane-")
	if err != nil {
		return "", nil, fmt.Errorf("creating a directory for the control plane: %w", err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}

func (c *ControlPlane) startProcess(binary string) error {
	// The old file would be taken for the sign that the new process is ready.
	if err := os.Remove(c.Kubeconfig()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("removing the kubeconfig of an earlier run: %w", err)
	}
	c.stderr = &bytes.Buffer{}
	c.cmd = exec.Command(binary, "-dir", c.dir, "-kubeconfig", c.Kubeconfig(), "-audit-log", c.audit, "-stop-with-stdin")
	c.cmd.Stderr = c.stderr
	// An own process group: Ctrl-C in a terminal leaves the API server up for the caller's orderly shutdown.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return err
	}
	c.stdin = stdin
	if err := c.cmd.Start(); err != nil {
		return err
	}
	go func() {
		defer close(c.exited)
		c.waitErr = c.cmd.Wait()
	}()
	return nil
}

func (c *ControlPlane) awaitKubeconfig(ctx context.Context) error {
	for {
		if _, err := os.Stat(c.Kubeconfig()); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready in time, see %s: %w", c.logFile(), ctx.Err())
		case <-c.exited:
			return fmt.Errorf("%s (%w)%s", bytes.TrimSpace(c.stderr.Bytes()), c.waitErr, c.logTail())
		case <-time.After(startPollInterval):
		}
	}
}

func (c *ControlPlane) stopProcess() error {
	_ = c.stdin.Close() // The end of its input stops it, as does the signal; it may be gone already.
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.exited:
	case <-time.After(stopTimeout):
		_ = c.cmd.Process.Kill()
		<-c.exited
		return fmt.Errorf("stopping the control plane: killed after %s, see %s", stopTimeout, c.logFile())
	}
	if c.waitErr != nil {
		return fmt.Errorf("stopping the control plane: %s: %w", bytes.TrimSpace(c.stderr.Bytes()), c.waitErr)
	}
	return nil
}

func (c *ControlPlane) logFile() string { return filepath.Join(c.dir, "controlplane.log") }

// logTail is the end of the log, for the error of a process that did not start: its directory may be about to go.
func (c *ControlPlane) logTail() string {
	const size = 2 << 10
	log, err := os.ReadFile(c.logFile())
	if err != nil || len(log) == 0 {
		return ""
	}
	if len(log) > size {
		log = log[len(log)-size:]
	}
	return "; its log ends:\n" + string(log)
}
