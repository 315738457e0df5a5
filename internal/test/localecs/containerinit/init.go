package containerinit

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// marker is the argv[0] that makes this executable a container's init process.
const marker = "localecs-container-init"

const (
	// lifelineFD is the read end of a pipe whose write end the parent holds: at
	// end of file the container has to go.
	lifelineFD = 3
	// reportFD is the write end of a pipe that gets reportStarted once the main
	// process has started, or a text that says why it has not.
	reportFD = 4
)

const reportStarted = "started\n"

// startFailed is the exit code of a container whose main process could not be
// started, as a shell and a container runtime report it.
const startFailed = 127

// killInterval is the pause between two rounds of killing: processes that fork
// while a round goes on are found in the next one.
const killInterval = 5 * time.Millisecond

func init() {
	if len(os.Args) > 2 && os.Args[0] == marker {
		// Not os.Exit, which makes a program built with the race detector wait
		// for a second.
		syscall.Exit(supervise(os.Args[1], os.Args[2:]))
	}
}

// supervise runs the main process and returns its exit code once it and all its
// descendants are gone.
func supervise(path string, args []string) int {
	syscall.CloseOnExec(lifelineFD)
	syscall.CloseOnExec(reportFD)
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2)
	main, err := startMain(path, args)
	if err != nil {
		report(err.Error())
		return startFailed
	}
	report(reportStarted)
	go relay(signals, main)
	killAll := sync.OnceFunc(func() { go killDescendants() })
	go func() {
		_, _ = io.Copy(io.Discard, os.NewFile(lifelineFD, "lifeline"))
		killAll()
	}()
	return reap(main, killAll)
}

// startMain starts the main process below an init process that adopts orphans.
func startMain(path string, args []string) (pid int, err error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return 0, fmt.Errorf("adopting the container's processes: %w", err)
	}
	pid, err = syscall.ForkExec(path, args, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{0, 1, 2},
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		return 0, fmt.Errorf("starting %s: %w", path, err)
	}
	return pid, nil
}

// report tells the parent how the start went. A parent that is gone has closed
// the lifeline too.
func report(text string) {
	pipe := os.NewFile(reportFD, "report")
	_, _ = pipe.WriteString(text)
	pipe.Close()
}

func relay(signals <-chan os.Signal, main int) {
	for sig := range signals {
		if s, ok := sig.(syscall.Signal); ok {
			_ = syscall.Kill(-main, s)
		}
	}
}

// reap waits for every descendant and calls mainGone when the main process has
// ended. It returns the main process's exit code.
func reap(main int, mainGone func()) (exitCode int) {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil: // ECHILD: nobody is left
			return exitCode
		case pid == main:
			exitCode = code(status)
			mainGone()
		}
	}
}

func code(status syscall.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

func killDescendants() {
	for tick := time.Tick(killInterval); ; <-tick {
		for _, pid := range descendants(os.Getpid()) {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
