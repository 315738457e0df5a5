package seqpacket

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
)

// Tests here count open files, so none is parallel.

func pair(t *testing.T, maxMessage, otherMaxMessage int) (end, other *Conn) {
	t.Helper()
	end, other, err := Pair(maxMessage, otherMaxMessage)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = end.Close(), other.Close() })
	return end, other
}

func openFiles(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func null(t *testing.T) *os.File {
	t.Helper()
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

func TestConn_MessagesAndFiles_ArriveTogether(t *testing.T) {
	end, other := pair(t, 1<<20, 1<<20)
	for _, size := range []int{1, 1000, maxPacket - 1, maxPacket, 1 << 20} {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		message := bytes.Repeat([]byte("x"), size)
		if err := end.Send(message, write); err != nil {
			t.Fatal(err)
		}
		_ = write.Close()
		got, files, err := other.Receive()
		if err != nil || !bytes.Equal(got, message) || len(files) != 1 {
			t.Fatalf("%d bytes: got %d and %d files, %v", size, len(got), len(files), err)
		}
		if _, err := files[0].WriteString("through"); err != nil {
			t.Fatal(err)
		}
		_ = files[0].Close()
		if text, err := io.ReadAll(read); string(text) != "through" || err != nil {
			t.Errorf("%q, %v", text, err)
		}
		_ = read.Close()
	}
}

func TestReceive_WhatIsTooLarge_IsRefusedAndItsFilesAreClosed(t *testing.T) {
	file := null(t)
	for name, send := range map[string]func(end *Conn) error{
		"a message in a packet": func(end *Conn) error { return end.Send(make([]byte, 101), file) },
		"a message in a file":   func(end *Conn) error { return end.Send(make([]byte, maxPacket), file) },
		"too many files":        func(end *Conn) error { return end.Send([]byte("x"), file, file, file, file, file, file) },
		"a larger packet": func(end *Conn) error {
			_, _, err := end.socket.WriteMsgUnix(make([]byte, maxPacket+1), rights(file), nil)
			return err
		},
		"an unknown packet": func(end *Conn) error {
			_, _, err := end.socket.WriteMsgUnix([]byte("x"), rights(file), nil)
			return err
		},
		"a file that is missing": func(end *Conn) error {
			_, err := end.socket.Write([]byte{inFile})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			end, other := pair(t, 100, 100)
			before := openFiles(t)
			if err := send(end); err != nil {
				t.Fatal(err)
			}
			if message, files, err := other.Receive(); err == nil || errors.Is(err, io.EOF) || files != nil {
				t.Errorf("%q, %d files, %v", message, len(files), err)
			}
			if after := openFiles(t); after > before {
				t.Errorf("%d files are left open", after-before)
			}
		})
	}
}

func rights(file *os.File) []byte { return unix.UnixRights(fd(file)) }

func TestReceive_LargerFileThanAllowed_IsRefused(t *testing.T) {
	end, other := pair(t, 100, 1<<20)
	if err := end.Send(make([]byte, 1<<20+1)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := other.Receive(); err == nil {
		t.Error("no error")
	}
}

func TestReceive_EmptyPacketWithFiles_LeavesNoneOpen(t *testing.T) {
	end, other := pair(t, 100, 100)
	file := null(t)
	before := openFiles(t)
	raw, err := end.socket.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var sendErr error
	_ = raw.Control(func(socket uintptr) { sendErr = unix.Sendmsg(int(socket), nil, rights(file), nil, 0) })
	if sendErr != nil {
		t.Fatal(sendErr)
	}
	if _, files, err := other.Receive(); err == nil || files != nil {
		t.Errorf("%v, %v", files, err)
	}
	if after := openFiles(t); after > before {
		t.Errorf("%d files are left open", after-before)
	}
}

func TestReceive_PeerIsGone_IsTheEnd(t *testing.T) {
	end, other := pair(t, 100, 100)
	_ = end.Close()
	if _, _, err := other.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
	if err := other.Send([]byte("x")); err == nil {
		t.Error("sending to a peer that is gone succeeds")
	}
}

func TestListener_OtherUsers_MayConnectAndAreKnown(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	for range 2 { // in place of one that is left
		listener, err := Listen(path, 100)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o666 {
			t.Errorf("%v, %v", info, err)
		}
		accepted := make(chan *Conn, 1)
		go func() {
			conn, _ := listener.Accept()
			accepted <- conn
		}()
		dialed, err := Dial(path, 100)
		if err != nil {
			t.Fatal(err)
		}
		conn := bound.Value(t, accepted, "the connection")
		peer, err := conn.Peer()
		if err != nil || int(peer.Uid) != os.Getuid() || int(peer.Gid) != os.Getgid() || int(peer.Pid) != os.Getpid() {
			t.Errorf("%+v, %v", peer, err)
		}
		_, _ = dialed.Close(), conn.Close()
		listener.listener.SetUnlinkOnClose(false)
		_ = listener.Close()
	}
}

func TestReceive_PeerThatHasNotReadEverything_ItsLastMessagesCome(t *testing.T) {
	end, other := pair(t, 100, 100)
	if err := errors.Join(end.Send([]byte("not read")), other.Send([]byte("first")), other.Send([]byte("second")), other.Close()); err != nil {
		t.Fatal(err)
	}
	if err := end.Send([]byte("too late")); err == nil {
		t.Error("a message was sent to a peer that is gone")
	}
	for _, want := range []string{"first", "second"} {
		if got, _, err := end.Receive(); string(got) != want || err != nil {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	if _, _, err := end.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("%v, want the end", err)
	}
}

func TestSend_FileThatIsClosed_FailsAndLeavesTheConnection(t *testing.T) {
	end, other := pair(t, 100, 100)
	closed := null(t)
	_ = closed.Close()
	if err := end.Send([]byte("x"), closed); err == nil {
		t.Error("a closed file was sent")
	}
	if err := end.Send([]byte("next")); err != nil {
		t.Fatal(err)
	}
	if got, _, err := other.Receive(); string(got) != "next" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
