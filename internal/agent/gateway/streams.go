package gateway

import (
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
)

// pieceSize is the largest piece of output that is sent at once, in bytes: what a
// packet of SSH's holds.
const pieceSize = 32 << 10

// streams are the gateway's ends of a command's standard streams. With a terminal,
// stdin and stdout are the same and there is no stderr.
type streams struct {
	stdin, stdout, stderr *os.File
}

// copy starts to copy between a channel and a command. The result is closed when
// all of its output has been sent. The client is not told before it knows how the
// command has ended: some clients close the channel then.
func (s *streams) copy(channel ssh.Channel) (outputs <-chan struct{}) {
	if s.stdin != nil {
		go s.copyInput(channel)
	}
	ended := make(chan struct{})
	var copying sync.WaitGroup
	if s.stdout != nil {
		copying.Go(func() { send(channel, s.stdout) })
	}
	if s.stderr != nil {
		copying.Go(func() { send(channel.Stderr(), s.stderr) })
	}
	go func() {
		defer close(ended)
		copying.Wait()
	}()
	return ended
}

// copyInput gives the command its input. What it does not read is dropped, so that
// the client can send the rest.
func (s *streams) copyInput(channel ssh.Channel) {
	_, err := io.CopyBuffer(onlyWriter{s.stdin}, onlyReader{channel}, make([]byte, pieceSize))
	if s.stdin != s.stdout {
		_ = s.stdin.Close()
	}
	if err != nil {
		_, _ = io.Copy(io.Discard, channel)
	}
}

// onlyWriter and onlyReader keep io.CopyBuffer to its buffer.
type (
	onlyWriter struct{ io.Writer }
	onlyReader struct{ io.Reader }
)

// send sends an output as it comes, and closes it if the client wants no more: the
// next write to it then fails, as with OpenSSH.
func send(to io.Writer, from *os.File) {
	_, _ = io.CopyBuffer(onlyWriter{to}, onlyReader{from}, make([]byte, pieceSize))
	_ = from.Close()
}

func (s *streams) close() {
	for _, file := range []*os.File{s.stdin, s.stdout, s.stderr} {
		if file != nil {
			_ = file.Close()
		}
	}
}

// pipe returns a pipe. The end that stays here, the one for reading if ownRead,
// does not block, and the other one does, as programs expect.
func pipe(ownRead bool) (read, write *os.File, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, fmt.Errorf("making a pipe: %w", err)
	}
	own := fds[1]
	if ownRead {
		own = fds[0]
	}
	if err := unix.SetNonblock(own, true); err != nil {
		_, _ = unix.Close(fds[0]), unix.Close(fds[1])
		return nil, nil, fmt.Errorf("preparing a pipe: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "pipe"), os.NewFile(uintptr(fds[1]), "pipe"), nil
}

// awaitProcess waits for the end of the process that a pidfd is of.
func awaitProcess(process *os.File) error {
	file, err := pollable(process)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	return raw.Read(func(fd uintptr) (ended bool) {
		n, _ := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0) //nolint:gosec // a descriptor
		return n > 0
	})
}

// pollable returns a file that can be closed while somebody waits for it, in place
// of one that may block.
func pollable(file *os.File) (*os.File, error) {
	defer func() { _ = file.Close() }()
	fd, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("taking over a file: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("taking over a file: %w", err)
	}
	return os.NewFile(uintptr(fd), "received"), nil
}
