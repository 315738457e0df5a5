package sshserver_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gossh "golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/sshserver"
)

const patience = 20 * time.Second

func newKey(t testing.TB) gossh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := gossh.NewSignerFromSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// serve starts a server that accepts key and returns its address. It stops with
// the test.
func serve(t testing.TB, key gossh.Signer) (server *sshserver.Server, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	server, err := sshserver.Listen(ctx, sshserver.Config{Addresses: []string{"127.0.0.1"}, PublicKey: key.PublicKey()})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	return server, stop
}

func connect(t testing.TB, server *sshserver.Server, key gossh.Signer) *gossh.Client {
	t.Helper()
	client, err := dial(server, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func dial(server *sshserver.Server, key gossh.Signer) (*gossh.Client, error) {
	return gossh.Dial("tcp", server.Addresses()[0], &gossh.ClientConfig{
		User:            "anyone",
		Auth:            []gossh.AuthMethod{gossh.PublicKeys(key)},
		HostKeyCallback: gossh.FixedHostKey(server.HostKey()),
		Timeout:         patience,
	})
}

func session(t testing.TB, client *gossh.Client) *gossh.Session {
	t.Helper()
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func TestServer_RefusesAnyOtherKey(t *testing.T) {
	server, _ := serve(t, newKey(t))
	if client, err := dial(server, newKey(t)); err == nil {
		client.Close()
		t.Error("an unknown key got in")
	}
}

func TestServer_RunsTheCommand(t *testing.T) {
	key := newKey(t)
	server, _ := serve(t, key)
	client := connect(t, server, key)
	t.Setenv("GREETING", "hello")
	t.Setenv("HOME", t.TempDir())
	for name, tc := range map[string]struct {
		command, stdin         string
		stdout, stderr, signal string
		code                   int
	}{
		"output on both streams": {command: `echo "$GREETING"; echo problem >&2`, stdout: "hello\n", stderr: "problem\n"},
		"its exit code":          {command: "exit 7", code: 7},
		"its standard input":     {command: "tr a-z A-Z", stdin: "shout", stdout: "SHOUT"},
		"input left unread":      {command: "true", stdin: strings.Repeat("x", 1<<20)},
		"a shell on its input":   {stdin: "echo $((6*7))\nexit 3\n", stdout: "42\n", code: 3},
		"the user's name":        {command: `echo "$USER"`, stdout: "anyone\n"},
		"the home directory":     {command: `[ "$PWD" = "$HOME" ] && echo at home`, stdout: "at home\n"},
		"a signal":               {command: "kill -TERM $$", signal: "TERM"},
		"a session of its own":   {command: `read -r _ _ _ _ _ sid _ < /proc/$$/stat; [ "$sid" = $$ ]`},
	} {
		t.Run(name, func(t *testing.T) {
			session := session(t, client)
			defer session.Close()
			var stdout, stderr bytes.Buffer
			session.Stdin, session.Stdout, session.Stderr = strings.NewReader(tc.stdin), &stdout, &stderr
			var err error
			if tc.command == "" {
				if err = session.Shell(); err == nil {
					err = session.Wait()
				}
			} else {
				err = session.Run(tc.command)
			}
			code, signal := 0, ""
			var exit *gossh.ExitError
			if errors.As(err, &exit) {
				code, signal = exit.ExitStatus(), exit.Signal()
			} else if err != nil && !errors.Is(err, io.EOF) { // EOF: the command has left input unread
				t.Fatal(err)
			}
			if tc.signal != "" {
				code = tc.code // the client makes up a code
			}
			got := []any{stdout.String(), stderr.String(), code, signal}
			if diff := cmp.Diff([]any{tc.stdout, tc.stderr, tc.code, tc.signal}, got); diff != "" {
				t.Errorf("stdout, stderr, code, signal (-want +got):\n%s", diff)
			}
		})
	}
}

func TestServer_SignalRequest_ReachesTheProcessGroup(t *testing.T) {
	key := newKey(t)
	server, _ := serve(t, key)
	session := session(t, connect(t, server, key))
	stdout, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start("trap 'echo caught; exit 9' USR1; echo up; while :; do sleep 0.05; done"); err != nil {
		t.Fatal(err)
	}
	expect(t, stdout, "up\n")
	if err := session.Signal(gossh.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	expect(t, stdout, "caught\n")
	var exit *gossh.ExitError
	if err := session.Wait(); !errors.As(err, &exit) || exit.ExitStatus() != 9 {
		t.Errorf("command ended with %v, want exit status 9", err)
	}
}

func expect(t *testing.T, output io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(output, got); err != nil || string(got) != want {
		t.Fatalf("output %q, %v, want %q", got, err, want)
	}
}

// startSleepers starts a command with a child and returns both process ids.
func startSleepers(t *testing.T, client *gossh.Client) []int {
	t.Helper()
	session := session(t, client)
	file := filepath.Join(t.TempDir(), "pids")
	if err := session.Start("trap '' TERM HUP; sleep 600 & echo $$ $! > " + file + "; wait"); err != nil {
		t.Fatal(err)
	}
	var pids []int
	eventually.Holds(t, "the command has started", func() bool {
		text, err := os.ReadFile(file)
		if err != nil || !strings.HasSuffix(string(text), "\n") {
			return false
		}
		for _, field := range strings.Fields(string(text)) {
			pid, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, pid)
		}
		return true
	})
	return pids
}

// running reports whether a process exists and is not just waiting to be reaped.
func running(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ") && syscall.Kill(pid, 0) == nil
}

// OpenSSH reports how a command ended as soon as it has, and closes the session
// when nothing holds its output open any more.
func TestServer_BackgroundOutput_ComesAfterTheExitStatus(t *testing.T) {
	key := newKey(t)
	server, _ := serve(t, key)
	channel, requests, err := connect(t, server, key).OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	command := "(read -r line <" + fifo + "; echo $line) & exit 7"
	if _, err := channel.SendRequest("exec", true, gossh.Marshal(struct{ Command string }{command})); err != nil {
		t.Fatal(err)
	}
	status := bound.Value(t, requests, "the exit status while a background process has the output open")
	if status == nil || status.Type != "exit-status" || status.Payload[3] != 7 {
		t.Fatalf("got request %+v, want exit status 7", status)
	}
	if err := os.WriteFile(fifo, []byte("afterwards\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, channel, "afterwards\n")
	if more := bound.Value(t, requests, "the end of the session"); more != nil {
		t.Errorf("got another request: %+v", more)
	}
}

func TestServer_ConnectionGone_KillsTheProcessGroup(t *testing.T) {
	key := newKey(t)
	server, _ := serve(t, key)
	client := connect(t, server, key)
	pids := startSleepers(t, client)
	client.Close()
	for _, pid := range pids {
		eventually.Holds(t, "the process has ended", func() bool { return !running(pid) })
	}
}

func TestServe_ContextEnds_KillsTheProcessGroups(t *testing.T) {
	key := newKey(t)
	server, stop := serve(t, key)
	pids := startSleepers(t, connect(t, server, key))
	stop()
	if running(pids[0]) {
		t.Errorf("process %d outlives the server", pids[0])
	}
	if conn, err := net.Dial("tcp", server.Addresses()[0]); err == nil {
		conn.Close()
		t.Error("the server still listens")
	}
}

func TestListen_ContextEndsDuringTheDelay_Returns(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sshserver.Listen(ctx, sshserver.Config{StartDelay: time.Hour}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestFromEnvironment(t *testing.T) {
	key := strings.TrimSpace(string(gossh.MarshalAuthorizedKey(newKey(t).PublicKey())))
	for name, tc := range map[string]struct {
		env      map[string]string
		port     int
		delay    time.Duration
		problems []string
	}{
		"all": {
			env: map[string]string{
				"LOCALECS_ADDRESSES": "127.0.0.1,127.0.0.2", "SSH_PUBLIC_KEY": key, "SSH_PORT": "2222", "SSH_START_DELAY": "2s",
			},
			port: 2222, delay: 2 * time.Second,
		},
		"defaults": {
			env: map[string]string{"LOCALECS_ADDRESSES": "127.0.0.1", "SSH_PUBLIC_KEY": key}, port: 22,
		},
		"everything wrong": {
			env: map[string]string{
				"LOCALECS_ADDRESSES": "here", "SSH_PUBLIC_KEY": "key", "SSH_PORT": "0", "SSH_START_DELAY": "2",
			},
			problems: []string{"LOCALECS_ADDRESSES", "SSH_PUBLIC_KEY", "SSH_PORT", "SSH_START_DELAY"},
		},
		"nothing": {problems: []string{"LOCALECS_ADDRESSES", "SSH_PUBLIC_KEY"}},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := sshserver.FromEnvironment(func(name string) string { return tc.env[name] })
			for _, problem := range tc.problems {
				if err == nil || !strings.Contains(err.Error(), problem) {
					t.Errorf("error %v does not name %s", err, problem)
				}
			}
			if len(tc.problems) > 0 {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if config.Port != tc.port || config.StartDelay != tc.delay {
				t.Errorf("port %d, delay %v", config.Port, config.StartDelay)
			}
		})
	}
}

func BenchmarkServer_StreamOutput(b *testing.B) {
	key := newKey(b)
	server, _ := serve(b, key)
	client := connect(b, server, key)
	b.SetBytes(64 << 20)
	for b.Loop() {
		session := session(b, client)
		session.Stdout = io.Discard
		if err := session.Run("head -c 67108864 /dev/zero"); err != nil {
			b.Fatal(err)
		}
	}
}
