package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs/seed"
)

// process is a child of this process.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when it has ended and err is set
	err    error
}

// Manager says how the manager is started.
type Manager struct {
	// Namespace is where the operator is installed.
	Namespace string
	// ServiceAccount is the account, in Namespace, that it runs as.
	ServiceAccount string
	// Args are additional arguments.
	Args []string
}

// StartManager starts the manager and returns when it is ready. It works once it
// leads: at once, or when the Lease of a killed manager has expired.
func (s *Stack) StartManager(ctx context.Context) error {
	kubeconfig, err := s.ServiceAccountKubeconfig(ctx, s.Manager.Namespace, s.Manager.ServiceAccount)
	if err != nil {
		return err
	}
	probes, err := freeAddress()
	if err != nil {
		return err
	}
	metrics, err := freeAddress()
	if err != nil {
		return err
	}
	s.MetricsURL = "http://" + metrics + "/metrics"
	s.HealthURL = "http://" + probes + "/healthz"
	cmd := exec.Command(filepath.Join(s.options.Programs, "manager"), append([]string{
		"--kubeconfig", kubeconfig,
		"--namespace", s.Manager.Namespace,
		"--allowed-assume-roles", "*",
		"--metrics-bind-address", metrics,
		"--health-probe-bind-address", probes,
	}, s.Manager.Args...)...)
	cmd.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+s.AWS.URL())
	for name, value := range seed.Credentials() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, "AWS_ACCESS_KEY_ID="+ManagerAccessKey)
	cmd.Stderr = s.options.Log
	if s.options.Log == nil {
		cmd.Stderr = io.Discard
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	p := &process{cmd: cmd, exited: make(chan struct{})}
	go func() {
		defer close(p.exited)
		p.err = cmd.Wait()
	}()
	if s.manager == nil {
		s.onStop(s.StopManager)
	}
	s.manager = p
	return p.awaitReady(ctx, "http://"+probes+"/readyz")
}

// StopManager stops the manager in an orderly way.
func (s *Stack) StopManager() error { return s.manager.end(syscall.SIGTERM) }

// KillManager ends the manager without giving it time to do anything.
func (s *Stack) KillManager() error { return s.manager.end(syscall.SIGKILL) }

// end sends a signal and waits until the process is gone. It is not an error if
// it is already gone.
func (p *process) end(signal syscall.Signal) error {
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	<-p.exited
	if signal == syscall.SIGKILL {
		return nil
	}
	return p.err
}

// awaitReady polls the readiness probe until the process is ready or gone.
func (p *process) awaitReady(ctx context.Context, url string) error {
	const interval = 20 * time.Millisecond
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-p.exited:
			return fmt.Errorf("the manager ended: %w", p.err)
		case <-tick.C:
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			continue
		}
		_ = response.Body.Close() // The status says it all.
		if response.StatusCode == http.StatusOK {
			return nil
		}
	}
}

// freeAddress is a loopback address with a free port.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}
