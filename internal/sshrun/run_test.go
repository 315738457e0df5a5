package sshrun

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/bound"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// connectTo dials a server and closes the connection when the test ends.
func connectTo(t *testing.T, s *sshdtest.Server) *Client {
	t.Helper()
	client, err := Dial(t.Context(), sshdTarget(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// capture runs a script and returns what it wrote.
func capture(t *testing.T, c *Client, script string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	err = runScript(t.Context(), t, c, Script{Body: strings.NewReader(script), Stdout: &out, Stderr: &errs})
	return out.String(), errs.String(), err
}

func TestRun_TellsHowTheScriptEnded(t *testing.T) {
	client := connectTo(t, sshdtest.Start(t))
	tests := []struct {
		name, script string
		want         error
	}{
		{"success", "true", nil},
		{"empty script", "", nil},
		{"runner's last line", "echo x\nexit 0", nil},
		{"exit code", "exit 7", &ExitError{Code: 7}},
		{"highest exit code", "exit 255", &ExitError{Code: 255}},
		{"status of last command", "false", &ExitError{Code: 1}},
		{"errexit", "set -eo pipefail\n: | eval $'false\necho not reached'\nexit 0", &ExitError{Code: 1}},
		{"syntax error", "if then", &ExitError{Code: 2}},
		{"signal", "kill -s KILL $$", &ExitError{Code: 137, Signal: "KILL"}},
		{"command not found", "no-such-command", &ExitError{Code: 127}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			stdout, stderr, err := capture(t, client, tc.script)
			if diff := cmp.Diff(tc.want, err); diff != "" {
				t.Errorf("(-want +got):\n%s\nstdout: %s\nstderr: %s", diff, stdout, stderr)
			}
		})
	}
}

func TestRun_Output_IsUnchanged(t *testing.T) {
	client := connectTo(t, sshdtest.Start(t))
	var everyByte, quoted strings.Builder
	for b := range 256 {
		everyByte.WriteByte(byte(b))
		fmt.Fprintf(&quoted, `\%03o`, b)
	}
	stdout, stderr, err := capture(t, client, "printf '"+quoted.String()+"'; printf '\\033[31mred\\r\\n' >&2")
	if err != nil {
		t.Fatal(err)
	}
	if stdout != everyByte.String() {
		t.Errorf("stdout is %q", stdout)
	}
	if stderr != "\x1b[31mred\r\n" {
		t.Errorf("stderr is %q", stderr)
	}
}

func TestRun_ScriptText(t *testing.T) {
	client := connectTo(t, sshdtest.Start(t))
	tests := []struct{ name, script, want string }{
		{"has bash's features", "a=(1 2); echo ${#a[@]}", "2\n"},
		{"has an empty standard input", "cat; echo after", "after\n"},
		{"may start with an interpreter line", "#!/usr/bin/env bash\necho x", "x\n"},
		{"may end in a here document", "cat <<END\ntext\nEND", "text\n"},
		{"may end in a comment", "echo x # comment", "x\n"},
		{"keeps quotes, dollars and line ends", "printf '%s' '\"$HOME\"\\\n\r'", "\"$HOME\"\\\n\r"},
		{"keeps letters of any language", "printf %s 'für alle 世界'", "für alle 世界"},
		{"leaves nothing of ours in variables", "echo ${FARGATE_SCRIPT-unset} $#", "unset 0\n"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			stdout, stderr, err := capture(t, client, tc.script)
			if err != nil || stderr != "" {
				t.Fatalf("%v, stderr: %s", err, stderr)
			}
			if diff := cmp.Diff(tc.want, stdout); diff != "" {
				t.Errorf("stdout (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRun_5MiBScript_RunsAndAppearsInNoCommandLine(t *testing.T) {
	client := connectTo(t, sshdtest.Start(t))
	script := bigScript(5 << 20)
	search := `left=SECRET_; for f in /proc/[0-9]*/cmdline; do
	case $(tr '\0' ' ' 2>/dev/null <$f) in *${left}TOKEN*) echo leaked in $f;; esac
done
: SECRET_TOKEN
`
	stdout, stderr, err := capture(t, client, search+script)
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	if stdout != "done\n" {
		t.Errorf("stdout is %q, want done", stdout)
	}
}

func TestRun_StartupFile_IsReadByTheLoginShellOnly(t *testing.T) {
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, ".bashrc"), []byte("echo startup\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	client := connectTo(t, sshdtest.Start(t, "SetEnv HOME="+home))
	stdout, _, err := capture(t, client, "echo script")
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(stdout, "startup"); got > 1 {
		t.Errorf("the start-up file was read %d times", got)
	}
}

func TestRun_Output_ArrivesBeforeTheScriptEnds(t *testing.T) {
	client := connectTo(t, sshdtest.Start(t))
	pipe := filepath.Join(t.TempDir(), "pipe")
	script := fmt.Sprintf("mkfifo %[1]s; echo first; cat %[1]s", pipe)
	seen := make(chan struct{})
	var output bytes.Buffer
	released := make(chan error, 1)
	go func() {
		select {
		case <-seen:
			released <- os.WriteFile(pipe, []byte("second\n"), 0o600)
		case <-t.Context().Done():
		}
	}()
	err := runScript(t.Context(), t, client, Script{
		Body: strings.NewReader(script),
		Stdout: writerFunc(func(p []byte) {
			if output.Len() == 0 {
				close(seen)
			}
			output.Write(p)
		}),
		Stderr: io.Discard,
	})
	if err := errors.Join(err, bound.Value(t, released, "the first output")); err != nil {
		t.Fatal(err)
	}
	if output.String() != "first\nsecond\n" {
		t.Errorf("output is %q", output.String())
	}
}

func TestRun_BackgroundProcessHoldsOutput_ReturnsWithTheScript(t *testing.T) {
	server := sshdtest.Start(t)
	limits := defaultTiming
	limits.linger = 50 * time.Millisecond
	client, err := dialServer(t.Context(), t, sshdTarget(server), limits)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	stdout, _, err := capture(t, client, "sleep 600 & echo $!; exit 3")
	if diff := cmp.Diff(&ExitError{Code: 3}, err); diff != "" {
		t.Error(diff)
	}
	pid := parsePID(t, stdout)
	defer killProcess(pid)
	if !running(pid) {
		t.Error("the background process was ended")
	}
}

func TestRun_MuchOutput_KeepsMemoryFlat(t *testing.T) {
	client := connectTo(t, sshdtest.Start(t))
	const size = 256 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var count countingWriter
	err := runScript(t.Context(), t, client, Script{
		Body:   strings.NewReader(fmt.Sprintf("head -c %d /dev/zero", size)),
		Stdout: &count,
		Stderr: io.Discard,
	})
	runtime.ReadMemStats(&after)
	if err != nil || count != size {
		t.Fatalf("%d of %d bytes: %v", count, size, err)
	}
	if grown := int64(after.Sys) - int64(before.Sys); grown > 32<<20 {
		t.Errorf("took %d MiB of memory for %d MiB of output", grown>>20, size>>20)
	}
}

func TestRun_ServerDies_IsConnectionLost(t *testing.T) {
	client := connectTo(t, sshdtest.Start(t))
	_, _, err := capture(t, client, "kill -s KILL $PPID")
	var lost *ConnectionLostError
	if !errors.As(err, &lost) {
		t.Fatalf("got %v, want *ConnectionLostError", err)
	}
}

type countingWriter int64

func (w *countingWriter) Write(p []byte) (int, error) {
	*w += countingWriter(len(p))
	return len(p), nil
}
