package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/agent/seqpacket"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

func TestGateway_ServerVersion_IsTheAgents(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	agent, ours := protocol.ParseServerVersion(task.connect(t, "job").ServerVersion())
	if err := agent.Check(); !ours || err != nil {
		t.Errorf("%+v, %t, %v", agent, ours, err)
	}
}

func TestGateway_AnotherKey_IsRefused(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	target := task.target("job")
	target.Key = newKey(t)
	var refused *sshrun.AuthenticationError
	if _, err := sshrun.Dial(t.Context(), target); !errors.As(err, &refused) {
		t.Errorf("%v", err)
	}
	for _, method := range []ssh.AuthMethod{ssh.Password("x"), ssh.KeyboardInteractive(func(_, _ string, _ []string, _ []bool) ([]string, error) { return nil, nil })} {
		if _, err := ssh.Dial("tcp", target.Address(), &ssh.ClientConfig{
			User: "job", Auth: []ssh.AuthMethod{method}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
		}); err == nil {
			t.Error("another method was accepted")
		}
	}
}

func TestGateway_OutdatedAlgorithms_AreRefused(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	for name, config := range map[string]ssh.Config{
		"key exchange": {KeyExchanges: []string{ssh.InsecureKeyExchangeDH14SHA1}},
		"cipher":       {Ciphers: []string{ssh.InsecureCipherAES128CBC}},
		"MAC":          {Ciphers: []string{ssh.CipherAES128CTR}, MACs: []string{ssh.InsecureHMACSHA196}},
	} {
		_, err := ssh.Dial("tcp", task.target("job").Address(), &ssh.ClientConfig{
			Config: config, User: "job", Auth: []ssh.AuthMethod{ssh.PublicKeys(task.key)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(),
		})
		var negotiation *ssh.AlgorithmNegotiationError
		if !errors.As(err, &negotiation) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGateway_AThousandIdleConnections_KeepNobodyOut(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	address := task.target("job").Address()
	for range 1000 {
		idle, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = idle.Close() })
	}
	task.want(t, "job", "echo in", "in\n")
	files, err := os.ReadDir(filepath.Join("/proc", pidOf(task.gateway), "fd"))
	if err != nil || len(files) > 100 {
		t.Errorf("the gateway has %d open files, %v", len(files), err)
	}
}

func TestGateway_UnknownUsers_GetASentence(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{services: []string{"db"}})
	for user, want := range map[string]string{
		"root": `log in as one of job, helper, gateway`,
		"db":   "container db runs its image's own entry point and no sessions",
	} {
		if got := task.script(t, user, "true"); got.code() != -1 || !strings.Contains(got.err.Error(), want) {
			t.Errorf("%s: %v", user, got.err)
		}
	}
}

func TestGateway_ConnectionToItsSocketOnceAllAreThere_IsRefused(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	task.want(t, "job", "echo in", "in\n")
	eventually.Holds(t, "nobody can connect", func() bool {
		conn, err := seqpacket.Dial(filepath.Join(task.shared, "run/gateway.sock"), protocol.MaxRequest)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	})
}

func TestGateway_NotRootAndAnotherUserThanTheJob_SaysSo(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{gateway: 1001, uid: 1000})
	task.want(t, "job", "id -u", "1000\n")
	if got := task.script(t, "helper", "true"); got.code() != -1 || !strings.Contains(got.err.Error(), "the gateway does not run as root") {
		t.Errorf("%v", got.err)
	}
}

func TestGateway_NotRootAndTheSameUserAsTheJob_Works(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{gateway: 1000, uid: 1000})
	task.want(t, "helper", "id -u; touch /builds/project/x && echo made", "1000\nmade\n")
}

func TestGateway_ClientThatVanishes_LeavesNothingBehind(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	eventually.Holds(t, "the job is there", func() bool { return strings.Contains(task.gateway.output.String(), "container job is here") })
	before := openFiles(t, task.gateway) // Nobody has logged in yet.
	for range 5 {
		client := task.raw(t, "job")
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err := session.Start("yes"); err != nil {
			t.Fatal(err)
		}
		_ = client.Close()
	}
	wantNoProcesses(t, task.job) // They have been told that nobody reads.
	eventually.Holds(t, "the gateway has no more open files than before", func() bool { return openFiles(t, task.gateway) <= before })
}

func TestGateway_ClientThatReadsNothing_DoesNotHoldUpOthers(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	client := task.raw(t, "job")
	for range 5 {
		channel, requests, err := client.OpenChannel("session", nil)
		if err != nil {
			t.Fatal(err)
		}
		go ssh.DiscardRequests(requests)
		if ok, err := channel.SendRequest("exec", true, ssh.Marshal(struct{ C string }{"yes"})); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	task.want(t, "job", "echo in", "in\n")
}

func TestGateway_TooManySessions_AreRefusedUntilSomeEnd(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	client := task.raw(t, "job")
	var sessions []*ssh.Session
	var refused error
	for range 100 {
		session, err := client.NewSession()
		if err != nil {
			refused = err
			break
		}
		sessions = append(sessions, session)
	}
	if len(sessions) != 32 || refused == nil {
		t.Errorf("%d sessions, %v", len(sessions), refused)
	}
	for _, session := range sessions {
		_ = session.Close()
	}
	eventually.Holds(t, "a session is accepted", func() bool {
		session, err := client.NewSession()
		if err == nil {
			_ = session.Close()
		}
		return err == nil
	})
}

func TestGateway_TooManyOpenFiles_FailsTheSessionAndRecovers(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	client := task.raw(t, "job")
	limit := func(files int) {
		t.Helper()
		if err := unix.Prlimit(task.gateway.process.Process.Pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(files), Max: 1 << 10}, nil); err != nil {
			t.Fatal(err)
		}
	}
	run := func() (string, error) {
		t.Helper()
		session, err := client.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		output, err := session.CombinedOutput("echo in")
		return string(output), err
	}
	task.want(t, "job", "echo in", "in\n")
	limit(4)
	var missing *ssh.ExitMissingError
	if output, err := run(); !errors.As(err, &missing) || !strings.Contains(output, "too many open files") {
		t.Errorf("%v, %q", err, output)
	}
	ended := make(chan error, 1)
	go func() {
		other, err := sshrun.Dial(t.Context(), task.target("job"))
		if err == nil {
			_ = other.Close()
		}
		ended <- err
	}()
	eventually.Holds(t, "a connection waits to be accepted", func() bool {
		return strings.Contains(task.gateway.output.String(), "accepting an SSH connection")
	})
	limit(1 << 10)
	if err := bound.Value(t, ended, "the connection"); err != nil {
		t.Error(err)
	}
	if output, err := run(); err != nil || output != "in\n" {
		t.Errorf("%v, %q", err, output)
	}
}

func TestGateway_Termed_LetsScriptsEndAndReports(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	session, err := task.raw(t, "helper").NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start(`trap 'echo ending; exit 8' TERM; echo up; while :; do sleep 0.05; done`); err != nil {
		t.Fatal(err)
	}
	awaitText(t, out, "up\n")
	task.gateway.signal(syscall.SIGTERM)
	awaitText(t, out, "ending\n")
	var exit *ssh.ExitError
	if err := session.Wait(); !errors.As(err, &exit) || exit.ExitStatus() != 8 {
		t.Errorf("%v", err)
	}
	if code := task.gateway.code(t); code != 0 {
		t.Errorf("the gateway ended with %d", code)
	}
}

func TestGateway_TermedWithAnIdleSession_DoesNotWaitForIt(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{args: []string{"-stop-timeout", "1h"}})
	if _, _, err := task.raw(t, "job").OpenChannel("session", nil); err != nil {
		t.Fatal(err)
	}
	task.gateway.signal(syscall.SIGTERM)
	if code := task.gateway.code(t); code != 0 {
		t.Errorf("the gateway ended with %d", code)
	}
}

func TestJob_ContainerIsGone_TheNextScriptSaysSo(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	task.want(t, "job", "echo in", "in\n")
	task.job.kill()
	eventually.Shows(t, "the gateway knows", func() (bool, string) {
		log := task.gateway.output.String()
		return strings.Contains(log, "container job has ended"), log
	})
	if got := task.command(t, "job", "true", ""); got.err == nil || !strings.Contains(got.stderr, "in container job: the container, or its agent, has ended") {
		t.Errorf("%v, %q", got.err, got.stderr)
	}
}

func TestJob_Termed_EndsWhatIgnoresItAndReports(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{args: []string{"-stop-timeout", "6s"}})
	channel, requests := task.exec(t, stubborn)
	awaitText(t, channel, "up\n")
	awaitSleepers(t, task.job, 5)
	task.job.signal(syscall.SIGTERM)
	if request := bound.Value(t, requests, "the exit signal"); request.Type != "exit-signal" {
		t.Errorf("%s", request.Type)
	}
	if code := task.job.code(t); code != 0 {
		t.Errorf("the agent ended with %d", code)
	}
	if got := task.script(t, "job", "true"); got.code() != -1 {
		t.Errorf("a script after that: %v", got.err)
	}
}

func TestJob_Killed_IsNotTheScriptsFailure(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	ended := make(chan result, 1)
	go func() { ended <- task.script(t, "job", "echo up; sleep 5001") }()
	awaitSleepers(t, task.job, 1)
	task.job.kill()
	got := bound.Value(t, ended, "the script's end")
	var lost *sshrun.ConnectionLostError
	if !errors.As(got.err, &lost) || got.stdout != "up\n" || !strings.Contains(got.stderr, "the container, or its agent, has ended") {
		t.Errorf("%v, %q, %q", got.err, got.stdout, got.stderr)
	}
}

func TestGateway_Killed_EndsTheJobsScripts(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{services: []string{"db"}})
	_ = task.background(t, "sleep 6001")
	eventually.Holds(t, "the service waits", func() bool { return task.status(t)["db"] == "waiting" })
	task.gateway.kill()
	for name, c := range map[string]*box{"job": task.job, "service": task.services["db"]} {
		if code := c.code(t); code != 1 {
			t.Errorf("the agent of %s ended with %d", name, code)
		}
		if !strings.Contains(c.output.String(), "the gateway has ended") {
			t.Errorf("%s said %q", name, c.output)
		}
	}
}

func TestJob_LaterThanTheGateway_IsWaitedFor(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{noJob: true})
	for _, user := range []string{"job", "helper"} {
		ended := make(chan result, 1)
		go func() { ended <- task.script(t, user, "echo in") }()
		if user == "job" {
			task.startJob(t)
		}
		if got := bound.Value(t, ended, "the script's end"); got.stdout != "in\n" {
			t.Errorf("%s: %v", user, got.err)
		}
	}
}

func TestGateway_ServiceIsLate_NothingOfTheJobRunsBefore(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{services: []string{"db"}, late: true})
	ended := make(chan result, 2)
	for _, user := range []string{"job", "helper"} {
		go func() { ended <- task.script(t, user, "cat /builds/there") }()
	}
	eventually.Shows(t, "both have logged in", func() (bool, string) {
		log := task.gateway.output.String()
		return strings.Contains(log, `has logged in as "job"`) && strings.Contains(log, `has logged in as "helper"`), log
	})
	if err := os.WriteFile(filepath.Join(task.builds, "there"), []byte("the service is there"), 0o644); err != nil {
		t.Fatal(err)
	}
	task.startServices(t)
	for range 2 {
		if got := bound.Value(t, ended, "a script's end"); got.stdout != "the service is there" {
			t.Errorf("%v, %q", got.err, got.stderr)
		}
	}
}

func TestGateway_Garbage_ChangesNothing(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{noJob: true, services: []string{"db"}})
	socket := filepath.Join(task.shared, "run/gateway.sock")
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	eventually.Holds(t, "the service waits", func() bool { return task.status(t)["db"] == "waiting" })
	before := openFiles(t, task.gateway)
	for _, message := range []string{
		"", "x", "{}", strings.Repeat("x", 10<<10), strings.Repeat("x", 1<<20), `{"exited":{"id":1}}`,
		`{"hello":{"protocol":1,"container":"other"}}`, `{"hello":{"protocol":9,"container":"job"}}`,
	} {
		conn, err := seqpacket.Dial(socket, protocol.MaxRequest)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Send([]byte(message), null, null, null); err != nil {
			t.Fatal(err)
		}
		_, _, err = conn.Receive() // a reason, or the end
		for err == nil {
			_, _, err = conn.Receive()
		}
		_ = conn.Close()
	}
	raw, err := net.Dial("tcp", task.target("job").Address())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = raw.Write([]byte(strings.Repeat("GET / HTTP/1.1\r\n", 1000)))
	_ = raw.Close()
	eventually.Holds(t, "the gateway has no more open files than before", func() bool { return openFiles(t, task.gateway) <= before })
	task.startJob(t)
	task.want(t, "job", "echo in", "in\n")
	for _, want := range []string{`container "other" is not one of job, db`, "speaks protocol 9, which is too new"} {
		if log := task.gateway.output.String(); !strings.Contains(log, want) {
			t.Errorf("%q is not in the log", want)
		}
	}
}

func openFiles(t *testing.T, c *box) int {
	t.Helper()
	files, err := os.ReadDir(filepath.Join("/proc", pidOf(c), "fd"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func TestGateway_SlowLogin_IsCutOff(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	idle, err := net.Dial("tcp", task.target("job").Address())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = idle.Close() }()
	_ = idle.SetReadDeadline(time.Now().Add(bound.Limit))
	buffer := make([]byte, 1<<10)
	for err == nil {
		_, err = idle.Read(buffer)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error("the connection is still open")
	}
}
