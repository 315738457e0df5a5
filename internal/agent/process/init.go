// Package process runs commands the way the first process of a container has to:
// it reaps everything that loses its parent, reports how commands end, and ends
// all processes of a command, daemons too.
package process

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Init is the parent of commands and of every process below them that loses its
// own. A program has one, and starts no process in another way.
type Init struct {
	pid int

	// mu is held while a process starts and while ended ones are reaped: no process
	// is reaped before it is known.
	mu        sync.Mutex
	running   map[int]*Process      // by process id, until reaped
	remaining map[*Process]struct{} // until Forget

	signals chan os.Signal
	done    chan struct{}
}

// New makes this program an Init.
func New() (*Init, error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("adopting processes that lose their parent: %w", err)
	}
	i := &Init{
		pid:     os.Getpid(),
		running: map[int]*Process{}, remaining: map[*Process]struct{}{},
		signals: make(chan os.Signal, 1), done: make(chan struct{}),
	}
	signal.Notify(i.signals, unix.SIGCHLD)
	go i.reapAll()
	return i, nil
}

// Close stops reaping.
func (i *Init) Close() {
	signal.Stop(i.signals)
	close(i.done)
}

// reapAll reaps what has ended, every time that something has.
func (i *Init) reapAll() {
	for {
		select {
		case <-i.signals:
			i.reap()
		case <-i.done:
			return
		}
	}
}

func (i *Init) reap() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil || pid <= 0: // none has ended, or there are none
			return
		}
		if p := i.running[pid]; p != nil {
			delete(i.running, pid)
			p.status = status
			close(p.done)
		}
	}
}

// Spec is a command to start.
type Spec struct {
	// Path is the program's file.
	Path string
	// Args are its arguments, the first of which is its name.
	Args []string
	// Env is its whole environment.
	Env []string
	// Dir is the directory that it starts in.
	Dir string
	// Stdin, Stdout and Stderr stay open here.
	Stdin, Stdout, Stderr *os.File
	// Terminal makes Stdin, which is a terminal, the command's controlling one.
	Terminal bool
	// Credential is whom it runs as, nil for the same user.
	Credential *syscall.Credential
}

// Process is a command that was started, in a session and a process group of its
// own.
type Process struct {
	pid   int
	start uint64 // in clock ticks since the system's start
	done  chan struct{}

	status unix.WaitStatus // read after done

	mu    sync.Mutex
	known map[identity]struct{} // processes that have belonged to it at an earlier look
}

// Start starts a command. The error wraps what the system says, as ENOENT. Forget
// has to be called in the end.
func (i *Init) Start(spec Spec) (*Process, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	pid, err := syscall.ForkExec(spec.Path, spec.Args, &syscall.ProcAttr{
		Dir: spec.Dir,
		Env: spec.Env,
		// Fd makes a terminal block, as programs expect. Pipes do so already.
		Files: []uintptr{spec.Stdin.Fd(), spec.Stdout.Fd(), spec.Stderr.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true, Setctty: spec.Terminal, Credential: spec.Credential},
	})
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", spec.Path, err)
	}
	p := &Process{pid: pid, done: make(chan struct{}), known: map[identity]struct{}{}}
	if entry, err := read(pid); err == nil {
		p.start = entry.start
	}
	i.running[pid] = p
	i.remaining[p] = struct{}{}
	return p, nil
}

// Forget releases what is known of a command. Processes of it stay.
func (i *Init) Forget(p *Process) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.remaining, p)
}

// Done is closed when the command's first process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Status says how the command's first process has ended. Call it after Done.
func (p *Process) Status() unix.WaitStatus { return p.status }
