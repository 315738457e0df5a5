package executor

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fargate-operator/fargate-operator/internal/sshrun"
	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// probed runs a probe against a real sshd with more lines in its configuration.
func probed(t *testing.T, p probe, sshdConfig ...string) (string, error) {
	t.Helper()
	server := sshdtest.Start(t, sshdConfig...)
	ctx, cancel := context.WithTimeout(t.Context(), eventually.Patience)
	defer cancel()
	client, err := sshrun.WaitReachable(ctx, sshrun.Target{Host: server.Host, Port: server.Port, User: server.User, Key: server.Key}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	return p.run(ctx, server.User, client)
}

func TestProbe_FoldersCanBeMade_LeavesThemEmpty(t *testing.T) {
	dir := t.TempDir()
	folders := []folder{{"builds_dir", filepath.Join(dir, "it's $HOME", "builds")}, {"cache_dir", filepath.Join(dir, "-cache")}}
	shell, err := probed(t, probe{limit: time.Minute, folders: folders})
	if err != nil {
		t.Fatal(err)
	}
	if shell != "bash" && shell != "sh" {
		t.Errorf("scripts run in %q", shell)
	}
	for _, f := range folders {
		if entries, err := os.ReadDir(f.path); err != nil || len(entries) > 0 {
			t.Errorf("%s has %v, %v", f.path, entries, err)
		}
	}
}

func TestProbe_FolderCannotBeWritten_NamesItAndTheUser(t *testing.T) {
	dir := t.TempDir()
	for _, key := range []string{"builds_dir", "cache_dir"} {
		folders := []folder{{"builds_dir", filepath.Join(dir, "builds")}, {"cache_dir", filepath.Join(dir, "cache")}}
		for i := range folders {
			if folders[i].key == key {
				folders[i].path = "/dev/null/folder"
			}
		}
		_, err := probed(t, probe{limit: time.Minute, folders: folders})
		if err == nil || !strings.Contains(err.Error(), "cannot write to "+key+" /dev/null/folder in the task: make the folder") ||
			!strings.Contains(err.Error(), "Not a directory") {
			t.Errorf("%s: got %v", key, err)
		}
	}
}

func TestProbe_NothingRuns_SaysSoWithWhatWasPrinted(t *testing.T) {
	for name, test := range map[string]struct{ command, want string }{
		"nothing, with success":   {"/bin/true", "runs no command: give the user a login shell"},
		"nothing, with a failure": {"/bin/false", "runs no command: give the user a login shell"},
		"a refusal":               {"echo This account is not available.; exit 1", "(it printed: This account is not available.)"},
		"escapes":                 {`printf 'a\033[2Jb'`, `(it printed: a [2Jb)`},
		"too much":                {"head -c 100000000 /dev/zero | tr '\\0' x", "xxx…)"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := probed(t, probe{limit: time.Minute}, "ForceCommand "+test.command)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q in it", err, test.want)
			}
		})
	}
}

func TestProbe_LoginShellPrints_IsNoAnswer(t *testing.T) {
	for name, print := range map[string]string{
		"lines":               `echo Welcome; echo "fargate-probe: not writable builds_dir, you said"`,
		"a line without end":  `printf "\\033]0;title\\007"`,
		"more than is kept":   `head -c 1000000 /dev/zero | tr "\\0" x`,
		"on its error output": `head -c 1000000 /dev/zero >&2`,
	} {
		t.Run(name, func(t *testing.T) {
			shell, err := probed(t, probe{limit: time.Minute}, "ForceCommand "+print+`; sh -c "$SSH_ORIGINAL_COMMAND"`)
			if err != nil || shell == "" {
				t.Errorf("got %q, %v", shell, err)
			}
		})
	}
}

// In dash and others, a failed redirection of a special builtin ends the shell.
func TestProbe_FolderIsNotTheUsers_IsNamedInEveryShell(t *testing.T) {
	for _, shell := range []string{"dash", "bash"} {
		program, err := exec.LookPath(shell)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, ".fargate-probe"), 0o700); err != nil { // Root may write everywhere else.
			t.Fatal(err)
		}
		p := probe{folders: []folder{{"builds_dir", dir}}}
		command := exec.Command(program)
		command.Stdin = strings.NewReader(p.script())
		said := tail{}
		command.Stdout = &said
		var exit *exec.ExitError
		if err := command.Run(); !errors.As(err, &exit) || said.answers()["not writable"] != "builds_dir" {
			t.Errorf("%s: %v, said %q", shell, err, said)
		}
	}
}

func TestProbe_CommandDoesNotEnd_IsBounded(t *testing.T) {
	_, err := probed(t, probe{limit: 100 * time.Millisecond}, "ForceCommand sleep 600")
	if err == nil || !strings.Contains(err.Error(), "it did not end within 100ms") || errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
