package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

func TestJob_AnyImage_ReportsHowScriptsEnd(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]image{"bash": withBash, "busybox": busybox} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			task := startTask(t, setup{job: from})
			for script, want := range map[string]int{
				"exit 0": 0, "exit 7": 7, "exit 255": 255, "no-such-program": 127, "kill -TERM $$": 143, "kill -KILL $$": 137, "kill -BUS $$": 135,
			} {
				if got := task.script(t, "job", script); got.code() != want {
					t.Errorf("%s: %v, want code %d\n%s", script, got.err, want, got.stderr)
				}
			}
		})
	}
}

func TestJob_Script_RunsInTheImage(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{jobEnv: []string{"SECRET=of the image"}})
	task.want(t, "job", `echo "$PWD $IN_IMAGE $SECRET $HOME"; id -u`, "/work yes of the image /root\n0\n")
	task.want(t, "helper", `[ -z "$SSH_PUBLIC_KEY$SECRET" ] && echo "clean in $PWD, $HOME"`, "clean in /agent/home, /agent/home\n")
}

func TestJob_WithBash_IsRunByBash(t *testing.T) {
	t.Parallel()
	startTask(t, setup{job: withBash}).want(t, "job", `printf %s $'\x41' "${BASH_VERSION:+ bash}"`, "A bash")
}

func TestJob_NonRootUserAndReadOnlyRoot_GetTheirDirectories(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{uid: 1000, readOnly: true})
	task.want(t, "helper", `id -u; id -g; id -G; touch "$HOME/x" /builds/project/made && echo made`, "1000\n1000\n1000\nmade\n")
	task.want(t, "job", `id -u; stat -c %u:%g:%a /builds/project /builds/project/made /builds/cache; touch /builds/project/mine && echo mine`,
		"1000\n1000:1000:755\n1000:1000:644\n1000:1000:755\nmine\n")
	task.want(t, "job", `touch /x 2>/dev/null || echo read-only; touch /agent/x 2>/dev/null || echo closed`, "read-only\nclosed\n")
}

func TestRoot_InJobOrService_CannotChangeTheAgentOrTheHelpersHome(t *testing.T) {
	t.Parallel()
	const attempt = `for at in bin/agent home/.profile home/.config run/gateway.sock new; do (: >>/agent/$at) 2>/dev/null && echo changed $at; done; id -u`
	task := startTask(t, setup{services: []string{"db"}})
	task.want(t, "helper", `touch "$HOME/.profile" && echo "$HOME"`, "/agent/home\n")
	task.want(t, "job", attempt, "0\n")
	if got := task.start(t, protocol.Service{Name: "db", Command: []string{"sh", "-c", attempt}}); got.err != nil {
		t.Fatalf("%v\n%s", got.err, got.stderr)
	}
	eventually.Shows(t, "the service has tried", func() (bool, string) {
		log := task.command(t, "gateway", "services logs db", "").stdout
		return log == "0\n", log
	})
}

func TestJob_WithoutShell_SaysSo(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{job: scratch})
	got := task.script(t, "job", "true")
	if got.code() != 127 || !strings.Contains(got.stderr, "the image has no shell") {
		t.Errorf("%v, %q", got.err, got.stderr)
	}
}

func TestJob_WithoutShellOnATerminal_SaysSo(t *testing.T) {
	t.Parallel()
	session, err := startTask(t, setup{job: scratch}).raw(t, "job").NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.RequestPty("xterm", 40, 100, nil); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	session.Stderr = &stderr
	var exit *ssh.ExitError
	if err := session.Run("true"); !errors.As(err, &exit) || exit.ExitStatus() != 127 || !strings.Contains(stderr.String(), "the image has no shell") {
		t.Errorf("%v, %q", err, stderr.String())
	}
}

func TestJob_TerminalsSize_FollowsTheClients(t *testing.T) {
	t.Parallel()
	session, err := startTask(t, setup{}).raw(t, "job").NewSession()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.RequestPty("xterm", 40, 100, nil); err != nil {
		t.Fatal(err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start(`stty size; until [ "$(stty size)" = "50 120" ]; do sleep 0.05; done; echo resized`); err != nil {
		t.Fatal(err)
	}
	awaitText(t, out, "40 100\r\n")
	if err := session.WindowChange(50, 120); err != nil {
		t.Fatal(err)
	}
	awaitText(t, out, "resized\r\n")
}

func TestJob_NonRootUser_OwnsItsTerminal(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{uid: 1000})
	for _, user := range []string{"job", "helper"} {
		session, err := task.raw(t, user).NewSession()
		if err != nil {
			t.Fatal(err)
		}
		if err := session.RequestPty("xterm", 40, 100, nil); err != nil {
			t.Fatal(err)
		}
		output, err := session.Output(`stat -c %u "$(tty)"; echo through >/dev/tty`)
		if string(output) != "1000\r\nthrough\r\n" || err != nil {
			t.Errorf("%s: %q, %v", user, output, err)
		}
	}
}

func TestJob_CommandThatCannotBeStarted_IsNotItsOwnFailure(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	got := task.command(t, "job", strings.Repeat("#", 200<<10), "") // No argument may have 128 KiB.
	var missing *ssh.ExitMissingError
	if !errors.As(got.err, &missing) || !strings.Contains(got.stderr, "argument list too long") {
		t.Errorf("%v, %q", got.err, got.stderr)
	}
}

func TestJob_Scripts_InheritNoneOfTheAgentsFiles(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	for _, user := range []string{"job", "helper"} {
		task.want(t, user, `ls -l /proc/self/fd | grep -e socket: -e memfd -e ptmx -e eventpoll -e eventfd; echo listed`, "listed\n")
	}
}

func TestJob_LargeScriptAndBinaryOutput_PassUnchanged(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	script := "x=1\n" + strings.Repeat("# "+strings.Repeat("0123456789", 100)+"\n", 5<<20/1003) + "head -c 3000000 /dev/zero | tr '\\0' '\\377'; echo to stderr >&2; exit 3\n"
	got := task.script(t, "job", script)
	if got.code() != 3 || got.stdout != strings.Repeat("\xff", 3000000) || got.stderr != "to stderr\n" {
		t.Errorf("%v, %d bytes, %q", got.err, len(got.stdout), got.stderr)
	}
}

func TestJob_LargeBinaryInput_ArrivesUnchanged(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	input := make([]byte, 8<<20)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(input)
	got := task.command(t, "job", "sha256sum; exit 4", string(input))
	var exit *ssh.ExitError
	if !errors.As(got.err, &exit) || exit.ExitStatus() != 4 || got.stdout != fmt.Sprintf("%x  -\n", sha256.Sum256(input)) {
		t.Errorf("%v, %q", got.err, got.stdout)
	}
	if got := task.command(t, "job", "true", string(input)); got.err != nil && !errors.Is(got.err, io.EOF) {
		t.Errorf("input that is not read: %v", got.err)
	}
	if got := task.command(t, "job", "cat", string(input)); got.err != nil || got.stdout != string(input) {
		t.Errorf("there and back: %v, %d bytes", got.err, len(got.stdout))
	}
}

func TestJob_BackgroundProcess_ExitIsReportedAtOnceAndOutputGoesOn(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	channel, requests := task.exec(t, "(until [ -e /tmp/go ]; do sleep 0.05; done; echo later) & echo now; exit 6")
	request := bound.Value(t, requests, "the exit status")
	if request.Type != "exit-status" || !bytes.Equal(request.Payload, []byte{0, 0, 0, 6}) {
		t.Errorf("%s %v", request.Type, request.Payload)
	}
	task.want(t, "job", "touch /tmp/go", "")
	output, err := io.ReadAll(channel)
	if string(output) != "now\nlater\n" || err != nil {
		t.Errorf("%q, %v", output, err)
	}
}

// stubborn leaves processes in every way: in the background, in a session of its
// own, without environment, without parents; and ignores SIGTERM.
const stubborn = `trap '' TERM
sh -c 'trap "" TERM; sleep 1001' &
setsid sh -c 'trap "" TERM; sleep 1002' &
(setsid env -i /bin/sh -c 'trap "" TERM; (sleep 1003 &) ; exec sleep 1004' &)
echo up
sleep 1005; sleep 1006; sleep 1007`

func TestJob_Canceled_LeavesNoProcess(t *testing.T) {
	t.Parallel()
	for name, from := range map[string]image{"bash": withBash, "busybox": busybox} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			task := startTask(t, setup{job: from, uid: 1000})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			out, in := io.Pipe()
			client := task.connect(t, "job")
			ended := make(chan error, 1)
			go func() {
				ended <- client.Run(ctx, sshrun.Script{Body: strings.NewReader(stubborn), Stdout: in, Stderr: io.Discard, GracePeriod: 200 * time.Millisecond})
			}()
			awaitText(t, out, "up\n")
			awaitSleepers(t, task.job, 5)
			cancel()
			var canceled *sshrun.CanceledError
			if err := bound.Value(t, ended, "the script's end"); !errors.As(err, &canceled) || !canceled.Ended {
				t.Errorf("%v", err)
			}
			wantNoProcesses(t, task.job)
		})
	}
}

func TestJob_Canceled_LeavesOtherSessionsAlone(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, in := io.Pipe()
	client := task.connect(t, "job")
	ended := make(chan error, 1)
	go func() {
		ended <- client.Run(ctx, sshrun.Script{Body: strings.NewReader(stubborn), Stdout: in, Stderr: io.Discard, GracePeriod: 200 * time.Millisecond})
	}()
	awaitText(t, out, "up\n")
	awaitSleepers(t, task.job, 5)
	_ = task.background(t, "sleep 2002")
	cancel()
	var canceled *sshrun.CanceledError
	if err := bound.Value(t, ended, "the script's end"); !errors.As(err, &canceled) || !canceled.Ended {
		t.Errorf("%v", err)
	}
	if left := task.job.processes(); len(left) != 1 || left[0] != "sleep 2002" {
		t.Errorf("left: %q", left)
	}
}

func TestJob_SignalRequests_ReachTheWholeScript(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	session, err := task.raw(t, "job").NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	other := task.background(t, "sleep 2001")
	if err := session.Start(stubborn); err != nil {
		t.Fatal(err)
	}
	awaitText(t, out, "up\n")
	awaitSleepers(t, task.job, 6)
	if err := session.Signal(ssh.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := session.Signal(ssh.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var exit *ssh.ExitError
	if err := session.Wait(); !errors.As(err, &exit) || exit.Signal() != "KILL" {
		t.Errorf("%v", err)
	}
	eventually.Shows(t, "only the other session goes on", func() (bool, string) {
		left := strings.Join(task.job.processes(), "\n")
		return left == "sleep 2001", left
	})
	_ = other.Close()
}

func TestJob_TerminateRequest_IsAnsweredWhenAllHaveEnded(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{uid: 1000})
	channel, _ := task.exec(t, stubborn)
	awaitText(t, channel, "up\n")
	awaitSleepers(t, task.job, 5)
	gone, err := channel.SendRequest(protocol.TerminateRequest, true, ssh.Marshal(struct{ Milliseconds uint32 }{100}))
	if !gone || err != nil {
		t.Errorf("answered %t, %v", gone, err)
	}
	if left := task.job.processes(); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestJob_TerminateRequestWhileOneIsAnswered_IsRefused(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	channel, _ := task.exec(t, "trap '' TERM; echo up; exec sleep 1008")
	awaitText(t, channel, "up\n")
	if _, err := channel.SendRequest(protocol.TerminateRequest, false, graceOf(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if ok, err := channel.SendRequest(protocol.TerminateRequest, true, graceOf(time.Hour)); ok || err != nil {
		t.Errorf("%t, %v", ok, err)
	}
	if ok, err := channel.SendRequest("signal", true, ssh.Marshal(struct{ Name string }{"NONSENSE"})); ok || err != nil {
		t.Errorf("an unknown signal: %t, %v", ok, err)
	}
	if ok, err := channel.SendRequest("signal", true, ssh.Marshal(struct{ Name string }{"KILL"})); !ok || err != nil {
		t.Errorf("%t, %v", ok, err)
	}
	wantNoProcesses(t, task.job)
}

func graceOf(grace time.Duration) []byte {
	return ssh.Marshal(struct{ Milliseconds uint32 }{uint32(grace.Milliseconds())})
}

func TestJob_ClientVanishesWhileItTerminates_LeavesNoSession(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	client := task.raw(t, "job")
	for range 32 {
		channel, requests, err := client.OpenChannel("session", nil)
		if err != nil {
			t.Fatal(err)
		}
		go ssh.DiscardRequests(requests)
		if ok, err := channel.SendRequest("exec", true, ssh.Marshal(struct{ C string }{"trap '' TERM; echo up; exec sleep 1009"})); !ok || err != nil {
			t.Fatal(ok, err)
		}
		awaitText(t, channel, "up\n")
		if _, err := channel.SendRequest(protocol.TerminateRequest, false, graceOf(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if ok, err := channel.SendRequest("env", true, nil); ok || err != nil { // The request before it is under way.
			t.Fatal(ok, err)
		}
	}
	_ = client.Close()
	eventually.Shows(t, "a session is accepted", func() (bool, string) {
		got := task.script(t, "job", "echo in")
		return got.stdout == "in\n", fmt.Sprint(got.err)
	})
}

func TestJob_ManyShortCommands_AreAllAnswered(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{job: scratch})
	failures := make(chan error, 8)
	for range cap(failures) {
		client := task.raw(t, "job")
		go func() { failures <- runShort(client, 50) }()
	}
	for range cap(failures) {
		if err := bound.Value(t, failures, "the commands' end"); err != nil {
			t.Error(err)
		}
	}
}

// runShort runs commands that end at once with the code 127.
func runShort(client *ssh.Client, count int) error {
	for range count {
		session, err := client.NewSession()
		if err != nil {
			return err
		}
		var exit *ssh.ExitError
		if err := session.Run("true"); !errors.As(err, &exit) || exit.ExitStatus() != 127 {
			return fmt.Errorf("not the exit code: %w", err)
		}
	}
	return nil
}

func TestJob_DirectoryIsRemoved_LaterScriptsRun(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	task.want(t, "job", "rm -r /work; echo removed", "removed\n")
	task.want(t, "job", "pwd", "/\n")
}

func TestJob_Agent_CannotBeReadByScriptsOfItsUser(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{gateway: 1000, uid: 1000})
	for _, user := range []string{"job", "helper"} {
		task.want(t, user, `for file in mem environ fd/0; do (: </proc/1/$file) 2>/dev/null || echo "no $file"; done`, "no mem\nno environ\nno fd/0\n")
	}
	task.want(t, "helper", `stat -c %a "$HOME"`, "700\n")
}

func TestJob_CommandThatIsNotUTF8_ArrivesUnchanged(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	if got := task.command(t, "job", "printf '\xff\xe4'", ""); got.err != nil || got.stdout != "\xff\xe4" {
		t.Errorf("%q, %v", got.stdout, got.err)
	}
}

func TestJob_OtherSignals_ReachTheProcessGroup(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	session, err := task.raw(t, "job").NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := session.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := session.Start(`trap 'echo caught; exit 9' USR1; echo up; while :; do sleep 0.05; done`); err != nil {
		t.Fatal(err)
	}
	awaitText(t, out, "up\n")
	if err := session.Signal(ssh.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	awaitText(t, out, "caught\n")
}

func TestJob_Orphans_AreReaped(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	task.want(t, "job", `i=0; while [ $i -lt 50 ]; do (true & true &) ; i=$((i+1)); done; echo made`, "made\n")
	eventually.Shows(t, "no process has ended and is not reaped", func() (bool, string) {
		zombies := task.script(t, "job", `grep -ls "^State:.Z" /proc/[0-9]*/status`).stdout
		return zombies == "", zombies
	})
}

func TestJob_SignalsToProcessOne_DoNotEndTheAgent(t *testing.T) {
	t.Parallel()
	task := startTask(t, setup{})
	task.want(t, "job", "kill -HUP 1; kill -QUIT 1; kill -PIPE 1; kill -USR1 1; kill -KILL 1; echo sent", "sent\n")
	task.want(t, "job", "echo there", "there\n")
	// The agent catches these signals and ignores none: commands would inherit that.
	status := task.script(t, "job", "grep SigIgn /proc/self/status")
	ignored, err := strconv.ParseUint(strings.TrimSpace(strings.TrimPrefix(status.stdout, "SigIgn:")), 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	for _, signal := range []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGPIPE, unix.SIGALRM, unix.SIGTERM, unix.SIGUSR1, unix.SIGUSR2} {
		if ignored&(1<<(signal-1)) != 0 {
			t.Errorf("commands ignore %s", signal)
		}
	}
}

// exec starts a command on a channel of its own.
func (k *task) exec(t *testing.T, command string) (ssh.Channel, <-chan *ssh.Request) {
	t.Helper()
	channel, requests, err := k.raw(t, "job").OpenChannel("session", nil)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := channel.SendRequest("exec", true, ssh.Marshal(struct{ C string }{command})); !ok || err != nil {
		t.Fatal(ok, err)
	}
	return channel, requests
}

// background starts a command that the test does not wait for.
func (k *task) background(t *testing.T, command string) io.Closer {
	t.Helper()
	channel, _ := k.exec(t, "exec "+command)
	eventually.Holds(t, command+" runs", func() bool { return strings.Contains(strings.Join(k.job.processes(), "\n"), command) })
	return channel
}

func awaitText(t *testing.T, from io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	bound.End(t, "output "+want, func() { _, _ = io.ReadFull(from, got) })
	if string(got) != want {
		t.Fatalf("output %q, want %q", got, want)
	}
}

// awaitSleepers waits until that many processes sleep.
func awaitSleepers(t *testing.T, c *box, want int) {
	t.Helper()
	eventually.Shows(t, fmt.Sprintf("%d processes sleep", want), func() (bool, string) {
		all := c.processes()
		sleeping := 0
		for _, line := range all {
			if strings.HasPrefix(line, "sleep ") {
				sleeping++
			}
		}
		return sleeping == want, strings.Join(all, "\n")
	})
}

func wantNoProcesses(t *testing.T, c *box) {
	t.Helper()
	eventually.Shows(t, "no process is left", func() (bool, string) {
		left := strings.Join(c.processes(), "\n")
		return left == "", left
	})
}
