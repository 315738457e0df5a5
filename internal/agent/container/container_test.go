package container

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/agent/process"
	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/agent/seqpacket"
	"github.com/fargate-operator/fargate-operator/internal/test/bound"
)

// parent is the one Init of this program.
var parent *process.Init

func TestMain(m *testing.M) {
	var err error
	if parent, err = process.New(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// gateway is the other end of a server's connection.
type gateway struct {
	conn   *seqpacket.Conn
	server *Server
	served chan error
}

func serve(t *testing.T, shell string) *gateway {
	t.Helper()
	return serveWith(t, Settings{Shell: shell, AuthorsImage: true, Env: []string{"PATH=/usr/bin:/bin"}, Dir: "/"})
}

func serveWith(t *testing.T, settings Settings) *gateway {
	t.Helper()
	here, there, err := seqpacket.Pair(protocol.MaxReport, protocol.MaxRequest)
	if err != nil {
		t.Fatal(err)
	}
	g := &gateway{conn: here, served: make(chan error, 1)}
	g.server = NewServer(there, parent, settings)
	go func() { g.served <- g.server.Serve(t.Context()) }()
	t.Cleanup(func() { _, _ = here.Close(), there.Close() })
	return g
}

func (g *gateway) ask(t *testing.T, request protocol.Request, files ...*os.File) {
	t.Helper()
	encoded, err := protocol.Encode(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.conn.Send(encoded, files...); err != nil {
		t.Fatal(err)
	}
}

func (g *gateway) report(t *testing.T) (protocol.Report, []*os.File) {
	t.Helper()
	if err := g.conn.SetReceiveDeadline(time.Now().Add(bound.Limit)); err != nil {
		t.Fatal(err)
	}
	message, files, err := g.conn.Receive()
	if err != nil {
		t.Fatal(err)
	}
	report, err := protocol.Decode[protocol.Report](message)
	if err != nil {
		t.Fatal(err)
	}
	return report, files
}

// start starts a command and returns its output.
func (g *gateway) start(t *testing.T, id uint32, command string) *os.File {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = read.Close() })
	g.ask(t, protocol.Request{Start: &protocol.Start{ID: id, Command: []byte(command)}}, null, write, null)
	_, _ = null.Close(), write.Close()
	return read
}

func TestServer_Command_ReportsItsEnd(t *testing.T) {
	g := serve(t, "/bin/sh")
	out := g.start(t, 7, "echo out; exit 3")
	if text, err := io.ReadAll(out); string(text) != "out\n" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	report, _ := g.report(t)
	if diff := cmp.Diff(protocol.Report{Exited: &protocol.Exited{ID: 7, Code: 3}}, report); diff != "" {
		t.Error(diff)
	}
}

func TestServer_CommandThatCannotStart_SaysWhoseFaultItIs(t *testing.T) {
	g := serve(t, "")
	g.start(t, 1, "true")
	if report, _ := g.report(t); report.Exited == nil || report.Exited.Code != 127 || report.Exited.Message == "" {
		t.Errorf("without a shell: %+v", report)
	}
	g = serve(t, "/does/not/exist")
	g.start(t, 1, "true")
	if report, _ := g.report(t); report.Exited == nil || report.Exited.Code != 127 {
		t.Errorf("with a shell that is gone: %+v", report)
	}
	g = serve(t, "/")
	g.start(t, 1, "true")
	if report, _ := g.report(t); report.Exited == nil || report.Exited.Code != 126 {
		t.Errorf("with a directory for a shell: %+v", report)
	}
	g = serve(t, "/bin/sh")
	g.ask(t, protocol.Request{Start: &protocol.Start{ID: 2, Command: []byte("true")}})
	if report, _ := g.report(t); report.NotStarted == nil || !strings.Contains(report.NotStarted.Reason, "0 files came with a command") {
		t.Errorf("without pipes: %+v", report)
	}
	g = serveWith(t, Settings{Dir: "/"})
	g.start(t, 1, "true")
	if report, _ := g.report(t); report.NotStarted == nil || !strings.Contains(report.NotStarted.Reason, "no shell") {
		t.Errorf("in an image that the author has not chosen: %+v", report)
	}
}

func TestServer_FailureOfTheContainer_IsNotTheImages(t *testing.T) {
	t.Parallel()
	s := &Server{settings: Settings{Shell: "/bin/sh", AuthorsImage: true}}
	for _, err := range []error{syscall.EPERM, fmt.Errorf("opening a terminal: %w", &os.PathError{Op: "open", Path: "/dev/ptmx", Err: syscall.ENOENT})} {
		if report := s.notStarted(1, err); report.NotStarted == nil {
			t.Errorf("%v: %+v", err, report.Exited)
		}
	}
}

func TestServer_DirectoryIsGone_StartsInTheRootAndSaysSo(t *testing.T) {
	g := serveWith(t, Settings{Shell: "/bin/sh", Dir: "/does/not/exist"})
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	g.ask(t, protocol.Request{Start: &protocol.Start{ID: 1, Command: []byte("pwd")}}, null, write, write)
	_, _ = null.Close(), write.Close()
	output, err := io.ReadAll(read)
	if want := "agent: directory /does/not/exist cannot be entered (no such file or directory): the command starts in /\n/\n"; string(output) != want || err != nil {
		t.Errorf("%q, %v, want %q", output, err, want)
	}
	_ = read.Close()
}

func TestServer_SameIDTwice_RefusesTheSecond(t *testing.T) {
	g := serve(t, "/bin/sh")
	g.start(t, 1, "exec sleep 100")
	g.start(t, 1, "true")
	if report, _ := g.report(t); report.NotStarted == nil || report.NotStarted.Reason != "there is a command 1 already" {
		t.Errorf("%+v", report)
	}
	g.ask(t, protocol.Request{Terminate: &protocol.Terminate{ID: 1}})
	exits, terminations := 0, 0
	for range 2 {
		report, _ := g.report(t)
		if report.Exited != nil && report.Exited.Signal == "KILL" {
			exits++
		}
		if report.Terminated != nil && report.Terminated.Left == 0 {
			terminations++
		}
	}
	if exits != 1 || terminations != 1 {
		t.Errorf("%d exits, %d terminations", exits, terminations)
	}
}

func TestServer_UnknownCommands_AreNothing(t *testing.T) {
	g := serve(t, "/bin/sh")
	g.ask(t, protocol.Request{Signal: &protocol.Signal{ID: 9, Name: "KILL"}})
	g.ask(t, protocol.Request{Signal: &protocol.Signal{ID: 9, Name: "NONSENSE"}})
	g.ask(t, protocol.Request{Forget: &protocol.Forget{ID: 9}})
	g.ask(t, protocol.Request{Terminate: &protocol.Terminate{ID: 9}})
	report, _ := g.report(t)
	if diff := cmp.Diff(protocol.Report{Terminated: &protocol.Terminated{ID: 9}}, report); diff != "" {
		t.Error(diff)
	}
}

func TestServer_Stopped_StartsNothingMore(t *testing.T) {
	g := serve(t, "/bin/sh")
	out := g.start(t, 1, "trap 'echo tidy; exit 4' TERM; echo up; while :; do sleep 0.01; done")
	if _, err := io.ReadFull(out, make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	if err := g.server.Stop(t.Context(), time.Minute); err != nil {
		t.Error(err)
	}
	if report, _ := g.report(t); report.Exited == nil || report.Exited.Code != 4 {
		t.Errorf("%+v", report)
	}
	g.start(t, 2, "true")
	if report, _ := g.report(t); report.NotStarted == nil || report.NotStarted.Reason != "the container is being stopped" {
		t.Errorf("%+v", report)
	}
}

func TestServe_EndsWithItsConnection(t *testing.T) {
	g := serve(t, "/bin/sh")
	_ = g.conn.Close()
	if err := bound.Value(t, g.served, "the server's end"); err != nil {
		t.Errorf("after the gateway's end: %v", err)
	}
	g = serve(t, "/bin/sh")
	g.ask(t, protocol.Request{Refuse: &protocol.Refuse{Reason: "too late"}})
	var refused *RefusedError
	if err := bound.Value(t, g.served, "the server's end"); !errors.As(err, &refused) || refused.Reason != "too late" {
		t.Errorf("refused: %v", err)
	}
	g = serve(t, "/bin/sh")
	if err := g.conn.Send([]byte("garbage")); err != nil {
		t.Fatal(err)
	}
	if err := bound.Value(t, g.served, "the server's end"); err == nil {
		t.Error("garbage is accepted")
	}
	g = serve(t, "/bin/sh")
	g.ask(t, protocol.Request{Release: &protocol.Release{Command: []string{"true"}}})
	if err := bound.Value(t, g.served, "the server's end"); err == nil {
		t.Error("a release is accepted")
	}
}
