// Package dead gives tests a process that has ended.
package dead

import (
	"os/exec"
	"testing"
)

// PID returns the process id of a process that has ended, and whose parent has
// noticed.
func PID(t testing.TB) int {
	t.Helper()
	command := exec.Command("true")
	if err := command.Run(); err != nil {
		t.Fatal(err)
	}
	return command.Process.Pid
}
