package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/internal/test/opensshd"
)

// maxFirstByte is the budget for the CPU time until the first byte is sent.
const maxFirstByte = 15 * time.Millisecond

// firstByteWithin bounds the wait for the first byte.
const firstByteWithin = 10 * time.Second

// measureFirstByte starts the run stage with a server that only listens, and
// reads how much CPU time the process has used when its first byte arrives: the
// SSH client's version, after which it waits for the server's. OpenSSH's
// client, started in turn, shows what a start costs on this machine.
func measureFirstByte(ctx context.Context, b *bench) ([]line, error) {
	const runs = 100
	dir, err := b.newDir()
	if err != nil {
		return nil, err
	}
	server, err := opensshd.New(dir)
	if err != nil {
		return nil, err
	}
	attempt, err := b.newAttempt(server, "")
	if err != nil {
		return nil, err
	}
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.ParseIP(server.Host), Port: server.Port})
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	var cpu [2][]time.Duration
	for range b.runsOr(runs) {
		for i, client := range []sshClient{b.ours(attempt), openSSH(server, attempt)} {
			used, err := cpuUntilFirstByte(ctx, client, listener)
			if err != nil {
				return nil, err
			}
			cpu[i] = append(cpu[i], used)
		}
	}
	ours, theirs := median(cpu[0]), median(cpu[1])
	result := atMost("process start to first byte, median CPU", ours, maxFirstByte, milliseconds)
	result.openssh, result.compared = milliseconds(theirs), number(float64(ours)/float64(theirs))
	return []line{result}, nil
}

func cpuUntilFirstByte(ctx context.Context, c sshClient, listener *net.TCPListener) (used time.Duration, err error) {
	var complaints bytes.Buffer
	cmd := exec.CommandContext(ctx, c.command[0], c.command[1:]...)
	cmd.Env = c.env
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
		if err != nil {
			err = fmt.Errorf("waiting for the first byte of %s: %w\n%s", c.name, err, &complaints)
		}
	}()
	deadline := time.Now().Add(firstByteWithin)
	if err := listener.SetDeadline(deadline); err != nil {
		return 0, err
	}
	connection, err := listener.Accept()
	if err != nil {
		return 0, err
	}
	defer connection.Close()
	if err := connection.SetDeadline(deadline); err != nil {
		return 0, err
	}
	if _, err := connection.Read(make([]byte, 1)); err != nil {
		return 0, err
	}
	return cpuTime(cmd.Process.Pid)
}

// cpuTime is the user and system time of all threads of a process, including
// those that have ended, in nanoseconds, where /proc counts hundredths of
// seconds.
func cpuTime(pid int) (time.Duration, error) {
	// A process's CPU clock is the complement of its id, shifted, and which
	// clock it is (linux/posix-timers.h); clock_getcpuclockid(3) does the same.
	const sched = 2
	var used unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|sched), &used); err != nil { //nolint:gosec // process ids have 22 bits
		return 0, fmt.Errorf("reading the CPU clock of process %d: %w", pid, err)
	}
	return time.Duration(used.Nano()), nil
}
