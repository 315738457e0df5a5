package sshrun

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"time"
)

// Shell is the shell that a script is written for.
type Shell int

const (
	// POSIX scripts are run by bash where there is one, otherwise by sh.
	POSIX Shell = iota
	// PowerShell scripts are run by pwsh.
	PowerShell
)

// Script is one script and where its output goes.
type Script struct {
	// Body is the script's text, of any size, read once. It is sent as the remote
	// shell's input, so that it appears in no command line and no file. The
	// script's own standard input is empty. In a Buffered body stays what was not
	// sent.
	Body io.Reader
	// Shell is what runs the text.
	Shell Shell
	// Stdout and Stderr receive the output byte for byte as it arrives, each in
	// its own goroutine.
	Stdout, Stderr io.Writer
	// GracePeriod is the time between SIGTERM and SIGKILL for a script whose
	// context ended.
	GracePeriod time.Duration
}

// Run runs the script and returns when it has ended and all its output is
// written. Processes that it left in the background keep running; what they
// write is waited for until they are silent for two seconds, at most for ten, not
// counting the time in which s.Stdout or s.Stderr takes nothing.
//
// It returns nil if the script exited with 0, *ExitError if it failed, and
// *ConnectionLostError if that is unknown. When ctx ends, every process of the
// script gets SIGTERM, and SIGKILL after s.GracePeriod; Run returns
// *CanceledError at most five seconds later, whatever the server does and
// whether or not output can be written. If Body cannot be read or output cannot
// be written, the script is ended in the same way, and Run returns that error.
// After that, the connection may be of no more use.
func (c *Client) Run(ctx context.Context, s Script) error {
	id := newScriptID()
	sess, err := c.open(ctx, scriptCommand(id, s.Shell))
	if err != nil {
		if ctx.Err() != nil {
			return c.canceled(ctx, true)
		}
		return err
	}
	defer sess.abandon()
	st := connect(sess.channel, s, id)
	err = c.attend(ctx, sess, st)
	switch {
	case ctx.Err() != nil:
		return c.canceled(ctx, c.end(sess, st, id, s.GracePeriod)) //nolint:contextcheck // ctx has ended
	case err != nil:
		c.end(sess, st, id, s.GracePeriod) //nolint:contextcheck // it ends the script also when ctx has ended
		return err
	}
	return c.outcome(ctx, sess, st)
}

// attend waits until the script has ended and its output is written, or ctx has
// ended. It returns the error of reading the script or writing its output.
func (c *Client) attend(ctx context.Context, sess *session, st *streams) error {
	select {
	case <-sess.exited:
	case <-sess.closed:
	case <-c.done:
	case err := <-st.failed:
		return err
	case <-ctx.Done():
		return nil
	}
	c.finish(ctx, sess, st)
	select {
	case err := <-st.failed:
		return err
	default:
		return nil
	}
}

// outcome says how a finished session ended.
func (c *Client) outcome(ctx context.Context, s *session, st *streams) error {
	select {
	case <-c.done: // An exit status may have come just before.
		s.awaitReports(c.timing.linger)
	default:
	}
	switch {
	case s.hasExited():
		return s.outcome
	case c.alive(ctx):
		return &ConnectionLostError{
			Address: c.address,
			Err:     errors.New("the server closed the session without an exit status"),
		}
	}
	lost := c.lostError()
	lost.Unsent = st.sentNothing()
	return lost
}

func (c *Client) canceled(ctx context.Context, ended bool) error {
	return &CanceledError{Address: c.address, Ended: ended, Err: context.Cause(ctx), ctxErr: ctx.Err()}
}

// Buffered returns a Body from which Run takes only what it sends: while nothing
// of it is sent, it can be run on another connection.
func Buffered(body io.Reader) io.Reader { return bufio.NewReaderSize(body, pieceSize) }

// newScriptID returns a name that no other script has.
func newScriptID() string {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails, see crypto/rand
	return hex.EncodeToString(id)
}

// marker is the environment entry that identifies every process of a script,
// even after it moved to another process group or session.
func marker(id string) string { return "FARGATE_SCRIPT_ID=" + id }

// trailer ends a script's text, as a comment. The remote shell does not run a
// script without it: if the connection breaks while the script is being sent,
// its first half must not run. gitlab-runner wraps a PowerShell script in one
// block, and pwsh itself does not run an incomplete block.
func (s Shell) trailer(id string) string {
	if s == PowerShell {
		return ""
	}
	return "\n#" + id
}

// readAndRun is what the remote shell does: read the whole input, then run it.
// Reading a script from a pipe line by line costs bash one system call per byte
// (3 s for 5 MiB), and lets any command in the script consume the rest of it.
const readAndRun = `FARGATE_SCRIPT=$(cat); case $FARGATE_SCRIPT in ` +
	`*"#$FARGATE_SCRIPT_ID") eval "unset FARGATE_SCRIPT;$FARGATE_SCRIPT";; *) exit 1;; esac`

// scriptCommand returns the command that runs the script from its input. It is
// one list of plain and single-quoted words, so that any login shell
// understands it.
//
// --norc: a bash that sees SSH_CLIENT in its environment would read ~/.bashrc
// here, a second time after the login shell.
//
// pwsh reads the script from its input, as with gitlab-runner's other executors.
func scriptCommand(id string, shell Shell) string {
	command := "exec env " + marker(id)
	if shell == PowerShell {
		return command + " pwsh -NoProfile -NoLogo -NonInteractive -Command -"
	}
	return command +
		` sh -c 'command -v bash >/dev/null 2>&1 && exec bash --norc -c "$1"; exec sh -c "$1"' sh '` + readAndRun + `'`
}
