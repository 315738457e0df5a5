package sshrun

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// outputBuffer is the largest piece of output written at once. Less is written
// as soon as it is there.
const outputBuffer = 128 << 10

// streams connects a session to the script and the job's log.
type streams struct {
	failed  chan error    // the first error of reading the script or writing its output
	drained chan struct{} // closed when the last output has been written

	pieces  atomic.Uint64 // of output that arrived
	writing atomic.Int32  // outputs that wait for the writer
}

// connect starts to copy: the script in, its output out.
func connect(channel ssh.Channel, s Script, id string) *streams {
	st := &streams{failed: make(chan error, 3), drained: make(chan struct{})}
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

// sendScript sends the script and what has to follow it. After an error of
// reading it leaves the input open: the caller ends the remote shell.
func (st *streams) sendScript(channel ssh.Channel, script Script, id string) {
	body := &errorKeeper{reader: script.Body}
	_, err := io.Copy(channel, io.MultiReader(body, strings.NewReader(script.Shell.trailer(id))))
	if body.err != nil {
		st.failed <- fmt.Errorf("reading the script: %w", body.err)
		return
	}
	if err == nil {
		_ = channel.CloseWrite()
	}
	// A failed send means that the remote end is gone; its outcome tells why.
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
	st.pieces.Add(1)
	if _, err := to.Write(piece); err != nil {
		st.failed <- fmt.Errorf("writing the script's output: %w", err)
		return false
	}
	return true
}

// finish waits for the output that is still on its way after the script's end.
// A process that the script left in the background holds the output open: then
// linger of silence ends the wait, and what arrived is still written. It is no
// silence if the network stalls: all that the server has sent comes before its
// answer to alive, which waits for that or for the connection's end.
func (st *streams) finish(channel ssh.Channel, linger time.Duration, alive func() bool) error {
	for {
		seen := st.pieces.Load()
		if st.wait(linger) {
			break
		}
		silent := func() bool { return seen == st.pieces.Load() && st.writing.Load() == 0 }
		if silent() && alive() && silent() {
			_ = channel.Close()
			<-st.drained
			break
		}
	}
	select {
	case err := <-st.failed:
		return err
	default:
		return nil
	}
}

// wait reports whether the last output was written within the limit.
func (st *streams) wait(limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-st.drained:
		return true
	case <-timer.C:
		return false
	}
}

// errorKeeper tells an error of reading from one of sending.
type errorKeeper struct {
	reader io.Reader
	err    error
}

func (k *errorKeeper) Read(p []byte) (int, error) {
	n, err := k.reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		k.err = err
	}
	return n, err
}
