package sshrun

import (
	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/text"
)

// maxSignalName is how many characters of a signal's name are kept: a server may
// send any text.
const maxSignalName = 32

// parseOutcome reads the request with which a server reports how a command ended
// (RFC 4254, section 6.10). final is false for any other request.
func parseOutcome(request *ssh.Request) (final bool, outcome error) {
	switch request.Type {
	case "exit-status":
		var status struct{ Code uint32 }
		if err := ssh.Unmarshal(request.Payload, &status); err != nil {
			return false, nil
		}
		return true, exitStatus(status.Code)
	case "exit-signal":
		var signal struct {
			Name       string
			CoreDumped bool
			Message    string
			Language   string
		}
		if err := ssh.Unmarshal(request.Payload, &signal); err != nil {
			return false, nil
		}
		return true, &ExitError{Code: 128 + signalNumbers[signal.Name], Signal: text.Abridge(text.OneLine(signal.Name), maxSignalName)}
	default:
		return false, nil
	}
}

// exitStatus is nil for success. A code beyond 255 cannot come from a process;
// it counts as 255 so that it never looks like success.
func exitStatus(code uint32) error {
	if code == 0 {
		return nil
	}
	return &ExitError{Code: int(min(code, 255))}
}

// signalNumbers are Linux's numbers of the signals that RFC 4254 names, and of
// those that OpenSSH adds. An unknown signal counts as 0, which makes the exit
// code 128.
var signalNumbers = map[string]int{
	"HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "BUS": 7, "FPE": 8,
	"KILL": 9, "USR1": 10, "SEGV": 11, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15,
	"SYS": 31, "BUS@openssh.com": 7, "TRAP@openssh.com": 5, "SYS@openssh.com": 31,
}
