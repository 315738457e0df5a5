package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// startPatience is how long "services start" waits in all: for containers' agents,
// and for the services' processes.
const startPatience = 60 * time.Second

// serveCommands serves a session of the gateway's own user.
func (g *gateway) serveCommands(channel ssh.Channel, requests <-chan *ssh.Request) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	started := false
	for request := range requests {
		var wanted struct{ Command string }
		if request.Type != "exec" || started || ssh.Unmarshal(request.Payload, &wanted) != nil || !g.ssh.busy.begin() {
			reply(request, false)
			continue
		}
		started = true
		reply(request, true)
		go g.runCommand(ctx, channel, wanted.Command)
	}
	if started {
		g.ssh.busy.end()
	}
}

func (g *gateway) runCommand(ctx context.Context, channel ssh.Channel, command string) {
	defer func() { _ = channel.Close() }()
	code := uint32(0)
	if err := g.doCommand(ctx, channel, strings.Fields(command)); err != nil {
		_, _ = fmt.Fprintln(channel.Stderr(), text.Lines(err))
		code = 1
	}
	_ = channel.CloseWrite()
	_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{code}))
}

func (g *gateway) doCommand(ctx context.Context, channel ssh.Channel, words []string) error {
	switch {
	case slices.Equal(words, []string{"services", "start"}):
		return g.startServices(ctx, channel)
	case slices.Equal(words, []string{"services", "status"}):
		return printStatus(channel, g.services.status())
	case len(words) == 3 && words[0] == "services" && words[1] == "logs":
		return g.services.writeLog(channel, words[2])
	}
	return errors.New("the gateway's commands are: services start, with a JSON array of services on standard input; services status; services logs NAME")
}

// startServices starts what standard input names, and prints what became of it.
func (g *gateway) startServices(ctx context.Context, channel io.ReadWriter) error {
	wanted, err := readServices(channel)
	if err != nil {
		return err
	}
	if err := g.services.check(wanted); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	if err := g.containers.await(ctx); err != nil {
		return fmt.Errorf("starting services: %w", err)
	}
	var failed []error
	for _, one := range wanted {
		failed = append(failed, g.services.byName[one.Name].release(releaseOf(one)))
	}
	for _, one := range wanted {
		failed = append(failed, g.services.byName[one.Name].await(ctx))
	}
	return errors.Join(errors.Join(failed...), printStatus(channel, g.services.status()))
}

// readServices reads the services to start. Its error does not have what was read,
// which may be secret.
func readServices(from io.Reader) ([]protocol.Service, error) {
	input, err := io.ReadAll(io.LimitReader(from, protocol.MaxRequest+1))
	if err != nil {
		return nil, fmt.Errorf("reading the services from standard input: %w", err)
	}
	if len(input) > protocol.MaxRequest {
		return nil, fmt.Errorf("the services have more than %d bytes, which is the limit", protocol.MaxRequest)
	}
	var services []protocol.Service
	if json.Unmarshal(input, &services) != nil {
		return nil, errors.New("standard input is not a JSON array of services, each with name, env, entrypoint and command")
	}
	return services, nil
}

func releaseOf(service protocol.Service) protocol.Release {
	release := protocol.Release{Entrypoint: service.Entrypoint, Command: service.Command}
	for name, value := range service.Env {
		release.Env = append(release.Env, name+"="+value)
	}
	return release
}

// check refuses services that are unknown, named twice or not valid, before any of
// them is started.
func (s *services) check(wanted []protocol.Service) error {
	var wrong []error
	named := map[string]bool{}
	for _, one := range wanted {
		name := text.Abridge(one.Name, maxShown)
		release := releaseOf(one)
		_, err := protocol.Encode(protocol.Request{Release: &release})
		switch {
		case s.byName[one.Name] == nil:
			wrong = append(wrong, fmt.Errorf("the task has no service %q: its services are %q", name, s.names))
		case named[one.Name]:
			wrong = append(wrong, fmt.Errorf("service %q is named twice", name))
		case err != nil:
			wrong = append(wrong, fmt.Errorf("service %q: %w", name, err))
		}
		named[one.Name] = true
	}
	return errors.Join(wrong...)
}

// await waits until the service is running or has failed.
func (s *service) await(ctx context.Context) error {
	select {
	case <-s.settled:
	case <-ctx.Done():
		return fmt.Errorf("service %s has not become its entry point within %s", s.name, startPatience)
	}
	if status := s.status(); status.State == stateFailed {
		return fmt.Errorf("service %s was not started: %s", s.name, status.Reason)
	}
	return nil
}

func (s *service) status() protocol.ServiceStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return protocol.ServiceStatus{Name: s.name, State: s.state, Reason: s.reason}
}

func (s *services) status() []protocol.ServiceStatus {
	all := []protocol.ServiceStatus{}
	for _, name := range s.names {
		all = append(all, s.byName[name].status())
	}
	return all
}

func printStatus(to io.Writer, status []protocol.ServiceStatus) error {
	return json.NewEncoder(to).Encode(status)
}

// writeLog writes the last output of a service.
func (s *services) writeLog(to io.Writer, name string) error {
	service := s.byName[name]
	if service == nil {
		return fmt.Errorf("the task has no service %q: its services are %q", text.Abridge(name, maxShown), s.names)
	}
	service.mu.Lock()
	content := service.output.content()
	service.mu.Unlock()
	_, err := to.Write(content)
	return err
}
