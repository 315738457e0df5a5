package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/sshrun"
	"github.com/fargate-operator/fargate-operator/internal/test/opensshd"
)

// The budgets for the agent: a task has one copy on disk, and a process in each container.
const (
	maxAgentSize    = 8 << 20
	maxAgentPeakKiB = 15 << 10
)

// measureAgent runs scripts with the run stage, on the agent and on an OpenSSH server.
func measureAgent(ctx context.Context, b *bench) (lines []line, err error) {
	const emptyRuns, streamRuns = 50, 5
	sshd, err := b.startSSHD(ctx)
	if err != nil {
		return nil, err
	}
	defer sshd.Stop()
	agent, err := b.startAgent(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, agent.stop()) }()
	empty, err := b.onBoth(ctx, agent.server, sshd, b.runsOr(emptyRuns), "", 0)
	if err != nil {
		return nil, err
	}
	large, err := b.onBoth(ctx, agent.server, sshd, b.runsOr(streamRuns), fmt.Sprintf("head -c %d /dev/zero\n", streamSize), streamSize)
	if err != nil {
		return nil, err
	}
	start := median(empty[0].wall()) / median(empty[1].wall())
	stream := median(large[1].wall()) / median(large[0].wall())
	lines = []line{{
		what: "empty script on the agent, median time", compared: number(start), budget: "ratio ≤ 1.0", met: start <= 1,
		ours: seconds(median(empty[0].wall())), openssh: seconds(median(empty[1].wall())),
	}, {
		what: "1 GiB of output from the agent, throughput", compared: number(stream), budget: "ratio ≥ 0.8", met: stream >= 0.8,
		ours: throughput(large[0]), openssh: throughput(large[1]),
	}}
	more, err := agent.sizes(b)
	return append(lines, more...), err
}

// onBoth runs a script on the agent and on an OpenSSH server in turn.
func (b *bench) onBoth(ctx context.Context, agent, sshd *opensshd.Server, runs int, script string, size int64) ([]costs, error) {
	var clients []sshClient
	for _, server := range []*opensshd.Server{agent, sshd} {
		attempt, err := b.newAttempt(server, script)
		if err != nil {
			return nil, err
		}
		clients = append(clients, b.ours(attempt))
	}
	return b.alternate(ctx, runs, size, clients...)
}

// runningAgent is a gateway and the agent of a job's container, on this machine.
type runningAgent struct {
	// server has what clients need to know.
	server    *opensshd.Server
	processes []*exec.Cmd
}

// startAgent starts a gateway and a job's agent for the present user.
func (b *bench) startAgent(ctx context.Context) (_ *runningAgent, err error) {
	dir, err := b.newDir()
	if err != nil {
		return nil, err
	}
	if out, err := exec.CommandContext(ctx, b.program("agent"), "install", dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("installing the agent: %w\n%s", err, out)
	}
	a := &runningAgent{server: &opensshd.Server{Host: "127.0.0.1", User: "job", KeyFile: filepath.Join(dir, "client_key")}}
	if a.server.Key, err = opensshd.NewKey(a.server.KeyFile); err != nil {
		return nil, err
	}
	if a.server.Port, err = freePort(); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.stop())
		}
	}()
	for _, args := range [][]string{{"gateway", "-port", strconv.Itoa(a.server.Port)}, {"job"}} {
		if err := a.run(filepath.Join(dir, "bin", "agent"), args...); err != nil {
			return nil, err
		}
	}
	client, err := sshrun.WaitReachable(ctx, sshrun.Target{Host: a.server.Host, Port: a.server.Port, User: a.server.User, Key: a.server.Key}, nil)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	a.server.HostKey = client.HostKey()
	return a, client.Run(ctx, sshrun.Script{Body: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard})
}

func (a *runningAgent) run(program string, args ...string) error {
	process := exec.Command(program, args...)
	process.Env = append(os.Environ(), "SSH_PUBLIC_KEY="+string(ssh.MarshalAuthorizedKey(a.server.Key.PublicKey())))
	if err := process.Start(); err != nil {
		return fmt.Errorf("starting the agent: %w", err)
	}
	a.processes = append(a.processes, process)
	return nil
}

// stop ends the processes, the job's first.
func (a *runningAgent) stop() error {
	var failed []error
	for i := range a.processes {
		process := a.processes[len(a.processes)-1-i]
		failed = append(failed, process.Process.Signal(syscall.SIGTERM), process.Wait())
	}
	return errors.Join(failed...)
}

var peakRSS = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// sizes are the agent's on disk and in memory, so far.
func (a *runningAgent) sizes(b *bench) ([]line, error) {
	info, err := os.Stat(b.program("agent"))
	if err != nil {
		return nil, err
	}
	lines := []line{atMost("size of the agent", int(info.Size()), maxAgentSize, megabytes)}
	for i, name := range []string{"gateway", "job"} {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.processes[i].Process.Pid))
		if err != nil {
			return nil, err
		}
		match := peakRSS.FindSubmatch(status)
		if match == nil {
			return nil, fmt.Errorf("no VmHWM in the status of the agent's %s", name)
		}
		peak, err := strconv.Atoi(string(match[1]))
		if err != nil {
			return nil, err
		}
		lines = append(lines, atMost("peak memory of the agent, "+name, peak, maxAgentPeakKiB, mebibytes))
	}
	return lines, nil
}

// freePort returns a port that was free a moment ago.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer listener.Close()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("listening on %s, which is not a TCP address", listener.Addr())
	}
	return address.Port, nil
}
