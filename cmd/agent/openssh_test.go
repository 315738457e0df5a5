package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/opensshd"
)

// openSSH is OpenSSH's client with the task's key.
func (k *task) openSSH(t *testing.T, keyFile string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := exec.LookPath("ssh")
	if err != nil {
		t.Skipf("needs OpenSSH's client: %v", err)
	}
	return exec.CommandContext(t.Context(), program, append([]string{
		"-F", "/dev/null", "-i", keyFile, "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no",
		"-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-p", strconv.Itoa(k.port),
	}, args...)...)
}

// startTaskFor starts a task that lets a private key in.
func startTaskFor(t *testing.T, private any) (k *task, keyFile string) {
	t.Helper()
	keyFile = filepath.Join(t.TempDir(), "key")
	signer, err := opensshd.WriteKey(keyFile, private)
	if err != nil {
		t.Fatal(err)
	}
	return startTask(t, setup{key: signer}), keyFile
}

func newEd25519(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func TestOpenSSH_EveryTypeOfKey_LogsIn(t *testing.T) {
	t.Parallel()
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsa2048, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, private := range map[string]any{"Ed25519": newEd25519(t), "P-256": p256, "RSA": rsa2048} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			task, key := startTaskFor(t, private)
			output, err := task.openSSH(t, key, "job@127.0.0.1", "echo in; exit 5").CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 5 || string(output) != "in\n" {
				t.Errorf("%v, %q", err, output)
			}
			task.want(t, "job", "echo in", "in\n")
		})
	}
}

func TestOpenSSH_Terminal_IsOneOfTheContainer(t *testing.T) {
	t.Parallel()
	task, key := startTaskFor(t, newEd25519(t))
	for _, user := range []string{"job", "helper"} {
		terminal := task.openSSH(t, key, "-tt", user+"@127.0.0.1", `tty; echo "$TERM"; [ -t 0 ] && [ -t 1 ] && echo is one; ps -o pid,tty | grep -q "^ *$$ *136" && echo mine; exit 3`)
		terminal.Env = []string{"TERM=vt100"}
		output, err := terminal.CombinedOutput()
		var exit *exec.ExitError
		if want := "/dev/pts/0\r\nvt100\r\nis one\r\nmine\r\n"; !errors.As(err, &exit) || exit.ExitCode() != 3 || string(output) != want {
			t.Errorf("%s: %v, %q, want %q", user, err, output, want)
		}
	}
}

func TestOpenSSH_InteractiveShell_TakesCommands(t *testing.T) {
	t.Parallel()
	task, key := startTaskFor(t, newEd25519(t))
	shell := task.openSSH(t, key, "-tt", "job@127.0.0.1")
	shell.Stdin = strings.NewReader("echo $((6*7)); exit 4\n")
	output, err := shell.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 4 || !strings.Contains(string(output), "42\r\n") {
		t.Errorf("%v, %q", err, output)
	}
	shell = task.openSSH(t, key, "-T", "job@127.0.0.1")
	shell.Stdin = strings.NewReader("echo $((6*7)); exit 4\n")
	if output, err := shell.CombinedOutput(); !errors.As(err, &exit) || exit.ExitCode() != 4 || string(output) != "42\n" {
		t.Errorf("without a terminal: %v, %q", err, output)
	}
}

func TestOpenSSH_TerminalThatIsClosed_HangsUp(t *testing.T) {
	t.Parallel()
	task, key := startTaskFor(t, newEd25519(t))
	terminal := task.openSSH(t, key, "-tt", "job@127.0.0.1", "exec sleep 4001")
	if err := terminal.Start(); err != nil {
		t.Fatal(err)
	}
	awaitSleepers(t, task.job, 1)
	_ = terminal.Process.Signal(syscall.SIGKILL)
	_ = terminal.Wait()
	wantNoProcesses(t, task.job)
}

func TestOpenSSH_Environment_TakesTheLanguageOnly(t *testing.T) {
	t.Parallel()
	task, key := startTaskFor(t, newEd25519(t))
	client := task.openSSH(t, key, "-o", "SendEnv=LANG LC_ALL BASH_ENV PATH", "job@127.0.0.1", `echo "$LANG $LC_ALL $BASH_ENV $PATH"`)
	client.Env = []string{"LANG=de_DE.UTF-8", "LC_ALL=C.UTF-8", "BASH_ENV=/elsewhere", "PATH=/elsewhere"}
	output, err := client.CombinedOutput()
	if want := "de_DE.UTF-8 C.UTF-8  /usr/local/bin:/usr/bin:/bin\n"; err != nil || string(output) != want {
		t.Errorf("%v, %q, want %q", err, output, want)
	}
}

func TestOpenSSH_ForwardingAndSubsystems_AreRefused(t *testing.T) {
	t.Parallel()
	task, key := startTaskFor(t, newEd25519(t))
	for name, args := range map[string][]string{
		"remote port": {"-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:1", "job@127.0.0.1", "true"},
		"to a host":   {"-W", "127.0.0.1:" + strconv.Itoa(task.port), "job@127.0.0.1"},
		"subsystem":   {"-s", "job@127.0.0.1", "sftp"},
		"other users": {"root@127.0.0.1", "true"},
	} {
		if output, err := task.openSSH(t, key, args...).CombinedOutput(); err == nil {
			t.Errorf("%s: accepted: %q", name, output)
		}
	}
	client := task.raw(t, "job")
	for _, channel := range []string{"direct-tcpip", "direct-streamlocal@openssh.com", "x11", "tun@openssh.com", "auth-agent@openssh.com"} {
		var refused *ssh.OpenChannelError
		if _, _, err := client.OpenChannel(channel, nil); !errors.As(err, &refused) || refused.Reason != ssh.Prohibited {
			t.Errorf("%s: %v", channel, err)
		}
	}
	session, err := client.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range []string{"x11-req", "auth-agent-req@openssh.com", "subsystem", "break"} {
		if ok, err := session.SendRequest(request, true, nil); ok || err != nil {
			t.Errorf("%s: %t, %v", request, ok, err)
		}
	}
}

func TestOpenSSH_SeveralSessionsOfOneConnection_Work(t *testing.T) {
	t.Parallel()
	task, key := startTaskFor(t, newEd25519(t))
	control := filepath.Join(t.TempDir(), "c")
	master := task.openSSH(t, key, "-M", "-N", "-S", control, "job@127.0.0.1")
	var said bytes.Buffer
	master.Stderr = &said
	if err := master.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = master.Process.Kill()
		_ = master.Wait()
	})
	eventually.Holds(t, "the connection is shared", func() bool {
		return task.openSSH(t, key, "-S", control, "-O", "check", "job@127.0.0.1").Run() == nil
	})
	ended := make(chan string)
	for range 8 {
		go func() {
			output, err := task.openSSH(t, key, "-S", control, "job@127.0.0.1", "head -c 300000 /dev/zero | wc -c").CombinedOutput()
			if err != nil {
				output = append(output, err.Error()...)
			}
			ended <- string(output)
		}()
	}
	for range 8 {
		if output := bound.Value(t, ended, "a session's end"); output != "300000\n" {
			t.Errorf("%q", output)
		}
	}
}
