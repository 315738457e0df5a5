package process

import (
	"strings"

	"golang.org/x/sys/unix"
)

// SignalNumber finds a signal by its name without SIG, 0 if there is none.
func SignalNumber(name string) unix.Signal { return unix.SignalNum("SIG" + name) }

// SignalName returns a signal's name without SIG.
func SignalName(signal unix.Signal) string {
	if name := unix.SignalName(signal); name != "" {
		return strings.TrimPrefix(name, "SIG")
	}
	return signal.String() // a real-time signal
}
