// Package gateway is the one SSH server of a task: it hands each session to the
// container that the user's name names, and starts the task's services.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/agent/process"
	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/agent/seqpacket"
)

// The names that are no service's: users of the SSH server.
const (
	// Job is the job's container.
	Job = "job"
	// Helper is the gateway's own container.
	Helper = "helper"
	// User is the gateway itself, which knows some commands about services.
	User = "gateway"
)

// Config says what a gateway serves.
type Config struct {
	// Port is the TCP port of the SSH server, 0 for any that is free.
	Port int
	// Key is the only public key that may log in.
	Key ssh.PublicKey
	// Socket is where containers' agents connect.
	Socket string
	// Services are the names of the services' containers.
	Services []string
	// Directories are made and given to the job's user: for builds and caches.
	Directories []string
	// Home is the directory of the user of helper sessions. It is made too.
	Home string
	// Env is the environment of helper sessions, as NAME=VALUE.
	Env []string
	// Output gets the gateway's log and what services print.
	Output io.Writer
	// StopTimeout bounds the time from the end of the context to the end of Run.
	StopTimeout time.Duration
}

// gateway is a running one.
type gateway struct {
	config     Config
	init       *process.Init
	log        *printer
	containers *containers
	services   *services
	helper     helper
	ssh        *server
}

// Run serves until ctx ends, and then until sessions and what runs in the
// gateway's own container have ended, or config.StopTimeout has passed. Whoever
// calls it has no other child processes.
func Run(ctx context.Context, init *process.Init, config Config) error {
	g := &gateway{config: config, init: init, log: newPrinter(config.Output)}
	defer g.log.close()
	g.services = newServices(config.Services, g.log)
	g.containers = newContainers(append([]string{Job}, config.Services...), g)
	var err error
	if g.ssh, err = newServer(g); err != nil {
		return err
	}
	socket, err := seqpacket.Listen(config.Socket, protocol.MaxReport)
	if err != nil {
		return fmt.Errorf("listening for containers' agents at %s: %w: the agent's install command makes the directory", config.Socket, err)
	}
	defer func() { _ = socket.Close() }()
	listener, err := net.Listen("tcp", net.JoinHostPort("", strconv.Itoa(config.Port)))
	if err != nil {
		return fmt.Errorf("listening for SSH: %w: give the gateway a port that no service uses", err)
	}
	defer func() { _ = listener.Close() }()
	g.log.printf("listening on %s, host key %s", listener.Addr(), ssh.FingerprintSHA256(g.ssh.hostKey.PublicKey()))
	go g.containers.accept(socket) //nolint:contextcheck // what it begins ends with the program
	go g.ssh.serve(listener)       //nolint:contextcheck // sessions go on while the gateway stops
	<-ctx.Done()
	_ = listener.Close()
	g.stop() //nolint:contextcheck // ctx has ended
	return nil
}

// stop ends what runs in this container, and waits for the sessions of others,
// whose agents end them.
func (g *gateway) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), g.config.StopTimeout)
	defer cancel()
	g.log.printf("stopping: ending what runs in this container, and waiting for the sessions of others for up to %s", g.config.StopTimeout)
	g.ssh.stop()
	grace := g.config.StopTimeout - killReserve
	if server := g.helper.running.Load(); server != nil {
		if err := server.Stop(ctx, max(grace, 0)); err != nil {
			g.log.printf("stopping: %v", err)
		}
	}
	g.ssh.drain(ctx)
}

// killReserve is the part of the time to stop that is left for SIGKILL.
const killReserve = time.Second

// errUnprivileged is why helper sessions cannot run as the job's user.
var errUnprivileged = errors.New("the gateway does not run as root, so it cannot run the helper's sessions as the job's user: let ci-coordinator's image run as root, or as the same user as the job's")

// ownUser reports whether a user is the gateway's own.
func ownUser(uid, gid uint32) bool { return int(uid) == os.Geteuid() && int(gid) == os.Getegid() }
