// Package container runs the commands that the gateway asks for in a container:
// with the image's own shell, directory and user.
package container

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/agent/process"
	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/agent/seqpacket"
)

// Settings say how commands run.
type Settings struct {
	// Shell is the path of the shell, empty if the image has none.
	Shell string
	// AuthorsImage says that the commands' author has chosen the image, and is at
	// fault if its shell is missing.
	AuthorsImage bool
	// Env is the environment of commands, as NAME=VALUE.
	Env []string
	// Dir is the directory that they start in.
	Dir string
	// Credential is whom they run as, nil for this program's user.
	Credential *syscall.Credential
}

// Server runs commands for the gateway.
type Server struct {
	conn     *seqpacket.Conn
	init     *process.Init
	settings Settings

	mu       sync.Mutex
	commands map[uint32]*process.Process
	stopping bool

	reporting sync.WaitGroup // for commands that have not ended or been reported
}

// NewServer returns a server for one connection.
func NewServer(conn *seqpacket.Conn, init *process.Init, settings Settings) *Server {
	return &Server{conn: conn, init: init, settings: settings, commands: map[uint32]*process.Process{}}
}

// RefusedError is the gateway's reason for not taking a connection.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return "the gateway refuses this container: " + e.Reason }

// Serve runs commands until the gateway closes the connection, and returns nil
// then. What it started goes on.
func (s *Server) Serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for {
		message, files, err := s.conn.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		request, err := protocol.Decode[protocol.Request](message)
		if err == nil {
			err = s.do(ctx, request, files)
		}
		closeAll(files)
		if err != nil {
			return err
		}
	}
}

// Stop ends all commands: with SIGTERM, and what is left after the grace period
// with SIGKILL. No command starts from then on. It returns when the gateway knows
// how they have ended, or ctx has ended. Its error says that some could not be
// ended.
func (s *Server) Stop(ctx context.Context, grace time.Duration) error {
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	left, err := s.init.TerminateAll(ctx, grace)
	if err != nil {
		return fmt.Errorf("ending all processes: %w", err)
	}
	if left > 0 {
		return fmt.Errorf("%d processes could not be ended", left)
	}
	reported := make(chan struct{})
	go func() {
		defer close(reported)
		s.reporting.Wait()
	}()
	select {
	case <-reported:
	case <-ctx.Done():
	}
	return nil
}

func (s *Server) do(ctx context.Context, request protocol.Request, files []*os.File) error {
	switch {
	case request.Refuse != nil:
		return &RefusedError{request.Refuse.Reason}
	case request.Start != nil:
		s.start(*request.Start, files)
	case request.Signal != nil:
		s.signal(*request.Signal)
	case request.Terminate != nil:
		s.terminate(ctx, *request.Terminate)
	case request.Forget != nil:
		s.forget(request.Forget.ID)
	default:
		return errors.New("the gateway has sent what is for services only")
	}
	return nil
}

func (s *Server) command(id uint32) *process.Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.commands[id]
}

// signal sends TERM and KILL to the whole command, since they are meant to end it,
// and others to its process group, as OpenSSH's server does.
func (s *Server) signal(request protocol.Signal) {
	command, number := s.command(request.ID), process.SignalNumber(request.Name)
	switch {
	case command == nil || number == 0:
	case number == syscall.SIGTERM || number == syscall.SIGKILL:
		s.init.SignalAll(command, number)
	default:
		s.init.Signal(command, number)
	}
}

func (s *Server) terminate(ctx context.Context, request protocol.Terminate) {
	command := s.command(request.ID)
	go func() {
		left := 0
		if command != nil {
			var err error
			if left, err = s.init.Terminate(ctx, command, time.Duration(request.GraceMilliseconds)*time.Millisecond); err != nil {
				left = protocol.LeftUnknown
			}
		}
		_ = s.report(protocol.Report{Terminated: &protocol.Terminated{ID: request.ID, Left: left}})
	}()
}

func (s *Server) forget(id uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if command := s.commands[id]; command != nil {
		s.init.Forget(command)
		delete(s.commands, id)
	}
}

// report sends a report. If the gateway is gone, Serve notices.
func (s *Server) report(report protocol.Report, files ...*os.File) error {
	encoded, err := protocol.Encode(report)
	if err != nil {
		return err
	}
	return s.conn.Send(encoded, files...)
}

func closeAll(files []*os.File) {
	for _, file := range files {
		_ = file.Close()
	}
}
