package container

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/internal/agent/process"
	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/agent/seqpacket"
	"github.com/fargate-operator/fargate-operator/internal/version"
)

const (
	// connectTimeout is how long the gateway may take to listen. ECS starts the
	// containers of a task one after the other, and may have to pull the image of
	// ci-coordinator first. Who launches the task gives up earlier.
	connectTimeout = 30 * time.Minute
	// connectPause is the time between two tries.
	connectPause = 50 * time.Millisecond
)

// Connect connects to the gateway's socket as soon as it is there, and says which
// container this is.
func Connect(ctx context.Context, socket, name, shell string) (*seqpacket.Conn, error) {
	conn, err := dial(ctx, socket)
	if err != nil {
		return nil, err
	}
	encoded, err := protocol.Encode(protocol.Report{Hello: &protocol.Hello{
		Protocol: protocol.Version, Release: version.Version, Container: name, Shell: shell,
	}})
	if err == nil {
		err = conn.Send(encoded)
	}
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("introducing container %s to the gateway: %w", name, err)
	}
	return conn, nil
}

func dial(ctx context.Context, socket string) (*seqpacket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	for {
		conn, err := seqpacket.Dial(socket, protocol.MaxRequest)
		if err == nil {
			return conn, nil
		}
		if dir := filepath.Dir(socket); errors.Is(unix.Access(dir, unix.X_OK), fs.ErrPermission) {
			return nil, fmt.Errorf("connecting to the gateway: %w: this container's user cannot enter %s", err, dir)
		}
		select {
		case <-time.After(connectPause):
		case <-ctx.Done():
			return nil, fmt.Errorf("connecting to the gateway (%w): %w: the log of container ci-coordinator may say why it does not listen", ctx.Err(), err)
		}
	}
}

// Config says how the agent of a job's container runs.
type Config struct {
	// Socket is the gateway's.
	Socket string
	// Name is the container's.
	Name string
	// Env is the environment of commands, as NAME=VALUE.
	Env []string
	// StopTimeout bounds the time from the end of the context to the end of Run.
	StopTimeout time.Duration
}

// killReserve is the part of the time to stop that is left for SIGKILL.
const killReserve = time.Second

// Run runs commands for the gateway until ctx ends, and ends what is left of them.
// It does so too if the gateway ends, and returns an error then.
func Run(ctx context.Context, init *process.Init, config Config) error {
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("finding the image's directory: %w", err)
	}
	shell := process.FindShell(process.Value(config.Env, "PATH"))
	conn, err := Connect(ctx, config.Socket, config.Name, shell)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	server := NewServer(conn, init, Settings{Shell: shell, AuthorsImage: true, Env: config.Env, Dir: dir})
	served := make(chan error, 1)
	go func() { served <- server.Serve(context.WithoutCancel(ctx)) }()
	select {
	case err = <-served:
		if err == nil {
			err = errors.New("the gateway has ended, and with it this container's commands")
		}
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), config.StopTimeout)
	defer cancel()
	return errors.Join(err, server.Stop(stop, max(config.StopTimeout-killReserve, 0)))
}
