package sshserver

import (
	"syscall"

	"github.com/gliderlabs/ssh"
	gossh "golang.org/x/crypto/ssh"
)

// signalByName maps the names of RFC 4254, section 6.10.
var signalByName = map[ssh.Signal]syscall.Signal{
	ssh.SIGABRT: syscall.SIGABRT,
	ssh.SIGALRM: syscall.SIGALRM,
	ssh.SIGFPE:  syscall.SIGFPE,
	ssh.SIGHUP:  syscall.SIGHUP,
	ssh.SIGILL:  syscall.SIGILL,
	ssh.SIGINT:  syscall.SIGINT,
	ssh.SIGKILL: syscall.SIGKILL,
	ssh.SIGPIPE: syscall.SIGPIPE,
	ssh.SIGQUIT: syscall.SIGQUIT,
	ssh.SIGSEGV: syscall.SIGSEGV,
	ssh.SIGTERM: syscall.SIGTERM,
	ssh.SIGUSR1: syscall.SIGUSR1,
	ssh.SIGUSR2: syscall.SIGUSR2,
}

// sendExitSignal reports the signal that ended the command.
func sendExitSignal(session ssh.Session, status syscall.WaitStatus) {
	message := struct {
		Signal     string
		CoreDumped bool
		Error      string
		Language   string
	}{
		Signal:     nameOf(status.Signal()),
		CoreDumped: status.CoreDump(),
		Error:      status.Signal().String(),
	}
	_, _ = session.SendRequest("exit-signal", false, gossh.Marshal(&message))
}

// nameOf returns the signal's name in RFC 4254 or, where it has none, the one
// that OpenSSH's server sends instead.
func nameOf(sig syscall.Signal) string {
	for name, number := range signalByName {
		if number == sig {
			return string(name)
		}
	}
	return "SIG@openssh.com"
}
