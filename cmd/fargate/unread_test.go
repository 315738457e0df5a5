package main

import (
	"errors"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

func TestJobLog_Read_PassesEverythingOn(t *testing.T) {
	var log buffer
	l := &jobLog{to: &log}
	for _, piece := range []string{"a long piece", "short", ""} {
		if n, err := l.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Errorf("wrote %d bytes of %q: %v", n, piece, err)
		}
	}
	if got := log.String(); got != "a long pieceshort" {
		t.Errorf("passed on %q", got)
	}
}

func TestJobLog_Unread_GivesUpOnceToldToEnd(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = read.Close(), write.Close() }()
	told := make(chan struct{})
	l := &jobLog{to: write, told: told}
	ended := make(chan error, 1)
	go func() {
		for {
			if _, err := l.Write(make([]byte, 32<<10)); err != nil {
				ended <- err
				return
			}
		}
	}()
	close(told)
	if err := bound.Value(t, ended, "the end of writing"); !errors.Is(err, errUnread) {
		t.Errorf("got %v, want %v", err, errUnread)
	}
	bound.End(t, "the end of the next write", func() { _, err = l.Write([]byte("x")) })
	if !errors.Is(err, errUnread) {
		t.Errorf("got %v, want %v", err, errUnread)
	}
}

// A runner that lives and does not read, neither the output nor the error output.
func TestRun_SIGTERMWhileNobodyReads_Ends(t *testing.T) {
	server := sshdtest.Start(t)
	a := newAttempt(t)
	a.prepared(server)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = read.Close() }()
	run := a.launchOf("--config", a.config, "custom", "run", a.write("script", "exec yes"), "build_script")
	run.command.Stdout, run.command.Stderr = write, write
	a.begin(run)
	eventually.Holds(t, "the pipe is full", func() bool {
		return full(t, write)
	})
	_ = write.Close()
	if err := run.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	bound.End(t, "the end of the stage", func() { _ = run.command.Wait() })
	if got := run.command.ProcessState.ExitCode(); got != systemFailure {
		t.Errorf("ended with %d, want %d", got, systemFailure)
	}
	a.wait(a.start("custom", "cleanup"), 0)
}

// full reports whether a pipe takes no more.
func full(t *testing.T, pipe *os.File) bool {
	t.Helper()
	fds := []unix.PollFd{{Fd: int32(pipe.Fd()), Events: unix.POLLOUT}}
	n, err := unix.Poll(fds, 0)
	if err != nil && !errors.Is(err, syscall.EINTR) {
		t.Fatal(err)
	}
	return n == 0 && err == nil
}
