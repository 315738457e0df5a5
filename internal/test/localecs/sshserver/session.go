package sshserver

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"syscall"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"
)

const shell = "/bin/sh"

// Exit codes that a session reports when its command did not run, as a shell
// reports them.
const (
	exitNotStarted = 127
	exitUnknown    = 255
)

// signalBacklog is how many signal requests wait while the command starts.
const signalBacklog = 16

// handle runs one session's command in its own process session and reports how
// it ended as soon as it has, as OpenSSH does. The session stays open for the
// output of processes that the command has left in the background. The command's
// process group is killed when the connection ends before the command.
func (s *Server) handle(session ssh.Session) {
	if !s.begin() {
		_ = session.Exit(exitUnknown)
		return
	}
	defer s.sessions.Done()

	command := newCommand(session)
	outputs, err := newOutputs(session, command)
	if err != nil {
		_ = session.Exit(exitNotStarted)
		return
	}
	defer outputs.finish()
	stdin, err := command.StdinPipe()
	if err != nil {
		_ = session.Exit(exitNotStarted)
		return
	}
	requests := make(chan ssh.Signal, signalBacklog)
	session.Signals(requests)
	if err := command.Start(); err != nil {
		_, _ = io.WriteString(session.Stderr(), "start "+shell+": "+err.Error()+"\n")
		_ = session.Exit(exitNotStarted)
		return
	}
	outputs.begin()
	group := processGroup(command.Process.Pid)
	stopKilling := context.AfterFunc(session.Context(), group.kill)
	ended := make(chan struct{})
	go forwardSignals(requests, group, ended)
	go func() {
		_, _ = io.Copy(stdin, session)
		stdin.Close()
	}()

	err = command.Wait()
	stopKilling()
	session.Signals(nil)
	close(ended)
	report(session, err)
}

// newCommand is the shell that runs the session's command, or reads one from
// its standard input when the client asked for none.
func newCommand(session ssh.Session) *exec.Cmd {
	command := exec.Command(shell)
	if line := session.RawCommand(); line != "" {
		command = exec.Command(shell, "-c", line)
	}
	command.Env = append(os.Environ(), "USER="+session.User(), "LOGNAME="+session.User())
	command.Dir = os.Getenv("HOME")
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return command
}

// report sends the exit status or, when a signal ended the command, the exit
// signal.
func report(session ssh.Session, err error) {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		code := 0
		if err != nil {
			code = exitUnknown
		}
		sendExitStatus(session, code)
		return
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		sendExitSignal(session, status)
		return
	}
	sendExitStatus(session, exit.ExitCode())
}

func sendExitStatus(session ssh.Session, code int) {
	status := struct{ Code uint32 }{uint32(code)} //nolint:gosec // an exit code has eight bits
	_, _ = session.SendRequest("exit-status", false, gossh.Marshal(&status))
}

// processGroup is the id of a process group that this program started.
type processGroup int

func (g processGroup) signal(sig syscall.Signal) { _ = syscall.Kill(-int(g), sig) }

func (g processGroup) kill() { g.signal(syscall.SIGKILL) }

// forwardSignals sends the client's signal requests to the group until ended is
// closed.
func forwardSignals(requests <-chan ssh.Signal, group processGroup, ended <-chan struct{}) {
	for {
		select {
		case name := <-requests:
			if sig, known := signalByName[name]; known {
				group.signal(sig)
			}
		case <-ended:
			return
		}
	}
}
