// Package service turns this program into a service: into the entry point of the
// service's image, once the gateway has said which one.
package service

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/internal/agent/process"
	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/agent/seqpacket"
	"github.com/fargate-operator/fargate-operator/internal/text"
)

// Become waits for the gateway to release the service and becomes it. It returns
// only if that fails, and the gateway knows the reason then.
func Become(conn *seqpacket.Conn, env []string) error {
	release, files, err := await(conn)
	if err != nil {
		return err
	}
	err = become(conn, release, process.Merge(env, release.Env), files)
	if encoded, encodeErr := protocol.Encode(protocol.Report{Failed: &protocol.Failed{Reason: text.Abridge(err.Error(), maxReason)}}); encodeErr == nil {
		_ = conn.Send(encoded)
	}
	return err
}

const (
	// maxReason bounds what is reported, in characters, far below a message's size.
	maxReason = 1000
	// maxShown bounds an entry point's name in it.
	maxShown = 100
)

// await receives the release, and the ends of the pipes for the service's output.
func await(conn *seqpacket.Conn) (*protocol.Release, []*os.File, error) {
	message, files, err := conn.Receive()
	if errors.Is(err, io.EOF) {
		return nil, nil, errors.New("the gateway has ended before it released this service")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("waiting for the gateway: %w", err)
	}
	request, err := protocol.Decode[protocol.Request](message)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("waiting for the gateway: %w", err)
	case request.Refuse != nil:
		return nil, nil, fmt.Errorf("the gateway refuses this container: %s", request.Refuse.Reason)
	case request.Release == nil || len(files) != 2:
		return nil, nil, errors.New("the gateway has sent something else than a release")
	}
	return request.Release, files, nil
}

func become(conn *seqpacket.Conn, release *protocol.Release, env []string, output []*os.File) error {
	args := append(append([]string{}, release.Entrypoint...), release.Command...)
	if args[0] == "" { // entrypoint: [""] is how GitLab's users say that there is none
		args = args[1:]
	}
	if len(args) == 0 {
		return errors.New("the entry point is empty and there is no command: set the service's command")
	}
	file, err := process.LookUp(args[0], path(env))
	if err != nil {
		return explain(args[0], err)
	}
	if err := reportBecoming(conn); err != nil {
		return fmt.Errorf("reporting to the gateway: %w", err)
	}
	for i, stream := range []int{unix.Stdout, unix.Stderr} {
		if err := unix.Dup3(int(output[i].Fd()), stream, 0); err != nil {
			return fmt.Errorf("connecting the service's output: %w", err)
		}
	}
	return explain(args[0], unix.Exec(file, args, env))
}

// reportBecoming sends a descriptor of this process with the report, by which the
// gateway notices its end. It stays valid when the process becomes the service. A
// container runtime may forbid it: then the end is not noticed.
func reportBecoming(conn *seqpacket.Conn) error {
	var files []*os.File
	if fd, err := unix.PidfdOpen(os.Getpid(), 0); err == nil {
		self := os.NewFile(uintptr(fd), "process")
		defer func() { _ = self.Close() }()
		files = append(files, self)
	}
	encoded, err := protocol.Encode(protocol.Report{Becoming: &protocol.Becoming{}})
	if err != nil {
		return err
	}
	return conn.Send(encoded, files...)
}

func path(env []string) string {
	if path := process.Value(env, "PATH"); path != "" {
		return path
	}
	return process.DefaultPath
}

// explain says why an entry point cannot be run. It shows no variable, since any may
// be secret.
func explain(name string, err error) error {
	name, inPath := text.Abridge(name, maxShown), !strings.Contains(name, "/")
	switch {
	case errors.Is(err, fs.ErrNotExist) && !inPath:
		return fmt.Errorf("the entry point %q, or the interpreter that it names, is not in the image: %w", name, err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the entry point %q is not in a directory of PATH: %w", name, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("the entry point %q is not executable for uid %d: %w", name, os.Geteuid(), err)
	case errors.Is(err, unix.ENOEXEC):
		return fmt.Errorf("the entry point %q is neither a program for this architecture nor a script that begins with #!: %w", name, err)
	case errors.Is(err, unix.E2BIG):
		return fmt.Errorf("the entry point %q cannot be given this much: a variable may have up to 128 KiB: %w", name, err)
	}
	return fmt.Errorf("running the entry point %q: %w", name, err)
}
