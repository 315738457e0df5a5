package localecs

import (
	"sync"
	"syscall"
)

// signalExit is what is added to a signal's number for the exit code of what it has ended.
const signalExit = 128

// NoProcess is the command of an image whose containers cost no process, for thousands of tasks at once: they run until
// they are stopped, and nothing answers at their addresses.
func NoProcess() []string { return []string{"no process"} }

// idle is a container without a process.
type idle struct {
	once  sync.Once
	ended chan struct{} // closed once code is set
	code  int
}

func newIdle() *idle { return &idle{ended: make(chan struct{})} }

// Wait returns when a signal has ended it.
func (i *idle) Wait() (exitCode int, err error) {
	<-i.ended
	return i.code, nil
}

// Signal ends it: any signal does.
func (i *idle) Signal(signal syscall.Signal) error {
	i.once.Do(func() {
		i.code = signalExit + int(signal)
		close(i.ended)
	})
	return nil
}

// Kill ends it.
func (i *idle) Kill() { _ = i.Signal(syscall.SIGKILL) } // It has no error.
