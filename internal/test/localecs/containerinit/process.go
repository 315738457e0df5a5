// Package containerinit runs a command as the main process of a container that
// is only a tree of local processes.
//
// The command runs below an init process of its own: this very executable,
// started again, which adopts every process that the command leaves behind (a
// Linux child subreaper). When the command ends, or is killed, or the program
// that started it goes away for whatever reason, everything below the init
// process is killed too, whichever process group or session it moved to. That
// is what a container runtime gives through a PID namespace, without the
// privileges that one needs.
//
// Importing the package is enough: its init function takes over when the
// executable was started as a container's init process. Linux only.
package containerinit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// Spec describes the main process of a container.
type Spec struct {
	// Path is the executable's file name; it is not looked up in PATH.
	Path string
	// Args is the whole argument list, the program's name included.
	Args []string
	// Env is the whole environment, as KEY=value.
	Env []string
	// Dir is the working directory.
	Dir string
	// Output receives what the container writes to stdout and stderr, nil drops
	// it. It may be closed once Start has returned.
	Output *os.File
}

// Process is a started container. Its methods may be called concurrently.
type Process struct {
	init *exec.Cmd

	killOnce sync.Once
	lifeline *os.File
}

// Start starts the container and returns when its main process has started. The
// caller must call Wait once.
func Start(spec Spec) (*Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program's own executable: %w", err)
	}
	lifelineRead, lifeline, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("making the container's lifeline: %w", err)
	}
	defer lifelineRead.Close()
	report, reportWrite, err := os.Pipe()
	if err != nil {
		lifeline.Close()
		return nil, fmt.Errorf("making the pipe for the container's start: %w", err)
	}
	defer report.Close()
	defer reportWrite.Close()

	init := &exec.Cmd{
		Path:        self,
		Args:        append([]string{marker, spec.Path}, spec.Args...),
		Env:         spec.Env,
		Dir:         spec.Dir,
		ExtraFiles:  []*os.File{lifelineFD - 3: lifelineRead, reportFD - 3: reportWrite},
		SysProcAttr: &syscall.SysProcAttr{Setpgid: true},
	}
	if spec.Output != nil {
		init.Stdout, init.Stderr = spec.Output, spec.Output
	}
	if err := init.Start(); err != nil {
		lifeline.Close()
		return nil, fmt.Errorf("starting the container's init process: %w", err)
	}
	reportWrite.Close()
	process := &Process{init: init, lifeline: lifeline}
	if err := readReport(report); err != nil {
		process.Kill()
		_, waitErr := process.Wait()
		return nil, errors.Join(err, waitErr)
	}
	return process, nil
}

// readReport reads what the init process says about the main process's start.
func readReport(report io.Reader) error {
	text, err := io.ReadAll(report)
	switch {
	case err != nil:
		return fmt.Errorf("waiting for the container's start: %w", err)
	case string(text) == reportStarted:
		return nil
	case len(text) == 0:
		return errors.New("the container's init process ended before it started the container")
	}
	return errors.New(string(text))
}

// Signal sends sig to the main process's process group. A container that has
// ended is no error.
func (p *Process) Signal(sig syscall.Signal) error {
	if err := p.init.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("sending %v to the container: %w", sig, err)
	}
	return nil
}

// Kill ends every process of the container with SIGKILL. It does not wait.
func (p *Process) Kill() {
	p.killOnce.Do(func() { p.lifeline.Close() })
}

// Wait waits until no process of the container is left and returns the main
// process's exit code: 128 plus the signal's number when a signal ended it.
func (p *Process) Wait() (exitCode int, err error) {
	err = p.init.Wait()
	p.Kill()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case !errors.As(err, &exit):
		return 0, fmt.Errorf("waiting for the container's init process: %w", err)
	case exit.ExitCode() < 0: // someone killed the init process itself
		return 128 + int(syscall.SIGKILL), nil
	default:
		return exit.ExitCode(), nil
	}
}
