package container

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/internal/agent/process"
	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
)

// The exit codes of a command that could not be run, as shells have them.
const (
	codeNotExecutable = 126
	codeNotFound      = 127
)

// start starts a command, and reports how it ends.
func (s *Server) start(request protocol.Start, files []*os.File) {
	command, master, err := s.launch(request, files)
	if err != nil {
		_ = s.report(s.notStarted(request.ID, err))
		return
	}
	if master != nil {
		_ = s.report(protocol.Report{Started: &protocol.Started{ID: request.ID}}, master)
		_ = master.Close()
	}
	go func() {
		defer s.reporting.Done()
		<-command.Done()
		_ = s.report(exited(request.ID, command))
	}()
}

var (
	errNoShell  = errors.New("the image has no shell: a job needs one, bash or sh, in PATH or in /bin")
	errStopping = errors.New("the container is being stopped")
)

// launch starts a command and counts it in. The master is that of its terminal, nil
// without one.
func (s *Server) launch(request protocol.Start, files []*os.File) (command *process.Process, master *os.File, err error) {
	if s.settings.Shell == "" {
		return nil, nil, errNoShell
	}
	spec := s.spec(request)
	if request.Terminal != nil {
		var slave *os.File
		if master, slave, err = s.openTerminal(*request.Terminal); err != nil {
			return nil, nil, err
		}
		defer func() { _ = slave.Close() }()
		files = []*os.File{slave, slave, slave}
	}
	if len(files) != protocol.MaxFiles {
		return nil, nil, fmt.Errorf("%d files came with a command, not %d", len(files), protocol.MaxFiles)
	}
	spec.Stdin, spec.Stdout, spec.Stderr = files[0], files[1], files[2]
	if err := unix.Access(spec.Dir, unix.X_OK); err != nil {
		_, _ = fmt.Fprintf(spec.Stderr, "agent: directory %s cannot be entered (%v): the command starts in /\n", spec.Dir, err)
		spec.Dir = "/"
	}
	if command, err = s.enter(request.ID, spec); err != nil && master != nil {
		_ = master.Close()
	}
	return command, master, err
}

// enter starts a command, unless the server is stopping.
func (s *Server) enter(id uint32, spec process.Spec) (*process.Process, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return nil, errStopping
	}
	if s.commands[id] != nil {
		return nil, fmt.Errorf("there is a command %d already", id)
	}
	command, err := s.init.Start(spec)
	if err != nil {
		return nil, err
	}
	s.commands[id] = command
	s.reporting.Add(1)
	return command, nil
}

func (s *Server) spec(request protocol.Start) process.Spec {
	spec := process.Spec{
		Path: s.settings.Shell, Args: []string{filepath.Base(s.settings.Shell)},
		Env: process.Merge(s.settings.Env, request.Env), Dir: s.settings.Dir,
		Credential: s.settings.Credential, Terminal: request.Terminal != nil,
	}
	if len(request.Command) > 0 {
		spec.Args = append(spec.Args, "-c", string(request.Command))
	}
	if request.Terminal != nil && request.Terminal.Type != "" {
		spec.Env = process.Merge(spec.Env, []string{"TERM=" + strings.ReplaceAll(request.Terminal.Type, "\x00", "")})
	}
	return spec
}

// openTerminal opens a terminal of this container that belongs to the command's
// user.
func (s *Server) openTerminal(wanted protocol.Terminal) (master, slave *os.File, err error) {
	master, slave, err = pty.Open()
	if err != nil {
		return nil, nil, fmt.Errorf("opening a terminal: %w", err)
	}
	if wanted.Columns > 0 && wanted.Rows > 0 {
		err = pty.Setsize(master, &pty.Winsize{Cols: wanted.Columns, Rows: wanted.Rows})
	}
	if user := s.settings.Credential; err == nil && user != nil {
		err = slave.Chown(int(user.Uid), -1)
	}
	if err != nil {
		_, _ = master.Close(), slave.Close()
		return nil, nil, fmt.Errorf("preparing a terminal: %w", err)
	}
	return master, slave, nil
}

// notStarted tells a fault of the image, which the command's author can do
// something about, from one of the container.
func (s *Server) notStarted(id uint32, err error) protocol.Report {
	code := s.shellCode()
	if code == 0 || !s.settings.AuthorsImage {
		return protocol.Report{NotStarted: &protocol.NotStarted{ID: id, Reason: err.Error()}}
	}
	return protocol.Report{Exited: &protocol.Exited{ID: id, Code: code, Message: err.Error()}}
}

// shellCode is the exit code for what is wrong with the shell itself, 0 if nothing
// is.
func (s *Server) shellCode() uint8 {
	if s.settings.Shell == "" {
		return codeNotFound
	}
	_, err := process.LookUp(s.settings.Shell, "")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return codeNotFound
	case errors.Is(err, fs.ErrPermission):
		return codeNotExecutable
	}
	return 0
}

func exited(id uint32, command *process.Process) protocol.Report {
	status := command.Status()
	report := protocol.Exited{ID: id}
	if status.Signaled() {
		report.Signal, report.Core = process.SignalName(status.Signal()), status.CoreDump()
	} else {
		report.Code = uint8(status.ExitStatus()) //nolint:gosec // a process has no other codes
	}
	return protocol.Report{Exited: &report}
}
