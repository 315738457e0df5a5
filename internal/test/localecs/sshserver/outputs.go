package sshserver

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"

	"github.com/gliderlabs/ssh"
)

// outputs copies what a command, and what it leaves in the background, writes to
// a session.
type outputs struct {
	session ssh.Session
	pipes   []pipe
	copying sync.WaitGroup
}

// pipe is one of a command's outputs. It ends when no process has it open for
// writing any more.
type pipe struct {
	read, write *os.File
	to          io.Writer
}

// newOutputs gives a command its standard output and standard error.
func newOutputs(session ssh.Session, command *exec.Cmd) (*outputs, error) {
	o := &outputs{session: session}
	for _, output := range []struct {
		of *io.Writer
		to io.Writer
	}{{&command.Stdout, session}, {&command.Stderr, session.Stderr()}} {
		read, write, err := os.Pipe()
		if err != nil {
			return nil, errors.Join(err, o.close())
		}
		*output.of = write
		o.pipes = append(o.pipes, pipe{read, write, output.to})
	}
	return o, nil
}

// begin starts to copy, once the command has started.
func (o *outputs) begin() {
	for _, p := range o.pipes {
		_ = p.write.Close()
		o.copying.Go(func() {
			_, _ = io.Copy(p.to, p.read)
			_ = p.read.Close() // the next write fails, if the client has closed the session
		})
	}
}

// finish waits for the end of the output, or of the connection, and closes the
// session.
func (o *outputs) finish() {
	stop := context.AfterFunc(o.session.Context(), func() { _ = o.close() })
	o.copying.Wait()
	stop()
	_ = o.close()
	_ = o.session.Close()
}

func (o *outputs) close() error {
	var failed []error
	for _, p := range o.pipes {
		failed = append(failed, p.read.Close(), p.write.Close())
	}
	return errors.Join(failed...)
}
