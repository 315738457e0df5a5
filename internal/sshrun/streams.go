package sshrun

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// outputBuffer is the largest piece of output written at once, in bytes. Smaller
// pieces are written as soon as they arrive.
const outputBuffer = 128 << 10

// pieceSize is the largest piece of a script sent at once, in bytes.
const pieceSize = 32 << 10

// streams connects a session to the script and the job's log.
type streams struct {
	failed   chan error    // the first error of reading the script or writing its output
	drained  chan struct{} // closed when the last output has been written
	finished chan struct{} // closed when no more of the script will be sent

	sent     atomic.Bool   // something of the script
	received atomic.Uint64 // bytes of output
	writing  atomic.Int32  // outputs waiting for their writer
}

// connect starts copying: the script in, its output out.
func connect(channel ssh.Channel, s Script, id string) *streams {
	st := &streams{failed: make(chan error, 3), drained: make(chan struct{}), finished: make(chan struct{})}
	go st.sendScript(channel, s, id)
	var outputs sync.WaitGroup
	outputs.Go(func() { st.copyOutput(s.Stdout, channel) })
	outputs.Go(func() { st.copyOutput(s.Stderr, channel.Stderr()) })
	go func() {
		outputs.Wait()
		close(st.drained)
	}()
	return st
}

// sendScript sends the script and its trailer. If the script cannot be read, it
// leaves the remote shell's input open: the caller ends the shell. A failed send
// means that the remote end is gone; its outcome says why.
func (st *streams) sendScript(channel ssh.Channel, script Script, id string) {
	defer close(st.finished)
	body := bufio.NewReaderSize(script.Body, pieceSize)
	for {
		_, err := body.Peek(1)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			st.failed <- fmt.Errorf("reading the script: %w", err)
			return
		}
		piece, _ := body.Peek(body.Buffered())
		n, err := st.send(channel, piece)
		_, _ = body.Discard(n)
		if err != nil {
			return
		}
	}
	if _, err := st.send(channel, []byte(script.Shell.trailer(id))); err == nil {
		_ = channel.CloseWrite()
	}
}

func (st *streams) send(channel ssh.Channel, piece []byte) (int, error) {
	n, err := channel.Write(piece)
	if n > 0 {
		st.sent.Store(true)
	}
	return n, err
}

// sentNothing reports whether nothing of the script was sent on a connection that
// is lost.
func (st *streams) sentNothing() bool {
	select {
	case <-st.finished:
		return !st.sent.Load()
	default:
		return false
	}
}

func (st *streams) copyOutput(to io.Writer, from io.Reader) {
	buffer := make([]byte, outputBuffer)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !st.write(to, buffer[:n]) {
			_, _ = io.Copy(io.Discard, from) // keep the window open while the script is being ended
			return
		}
		if err != nil {
			return
		}
	}
}

func (st *streams) write(to io.Writer, piece []byte) bool {
	st.writing.Add(1)
	defer st.writing.Add(-1)
	st.received.Add(uint64(len(piece)))
	if _, err := to.Write(piece); err != nil {
		st.failed <- fmt.Errorf("writing the script's output: %w", err)
		return false
	}
	return true
}

// wait waits until the last output is written, and reports whether it was within
// the limit and before ctx ended.
func (st *streams) wait(ctx context.Context, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-st.drained:
		return true
	case <-ctx.Done():
		return false
	case <-timer.C:
		return false
	}
}
