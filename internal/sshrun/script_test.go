package sshrun

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shellsOf are the directories of programs with which the command is tried: with
// bash, and with none but sh.
func shellsOf(t *testing.T) map[string]string {
	t.Helper()
	paths := map[string]string{}
	for shell, programs := range map[string][]string{"bash": {"env", "sh", "cat", "bash"}, "sh": {"env", "sh", "cat"}} {
		paths[shell] = t.TempDir()
		for _, name := range programs {
			path, err := exec.LookPath(name)
			if err != nil {
				t.Skip(err)
			}
			if err := os.Symlink(path, filepath.Join(paths[shell], name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return paths
}

// runCommand does what a server does with the command of a script: it gives it to
// a login shell, with what has arrived of the script as its input.
func runCommand(t *testing.T, path, id, arrived string) (output string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	command := exec.CommandContext(ctx, "/bin/sh", "-c", scriptCommand(id, POSIX))
	command.Env = []string{"PATH=" + path}
	command.Stdin = strings.NewReader(arrived)
	var both bytes.Buffer
	command.Stdout, command.Stderr = &both, &both
	err = command.Run()
	return both.String(), err
}

func TestCommand_ConnectionBreaksWhileTheScriptIsSent_RunsNothing(t *testing.T) {
	id := newScriptID()
	const script = "echo first\necho second"
	whole := script + POSIX.trailer(id)
	for shell, path := range shellsOf(t) {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			for arrived := range len(whole) {
				output, err := runCommand(t, path, id, whole[:arrived])
				var exit *exec.ExitError
				if !errors.As(err, &exit) || exit.ExitCode() != 1 || output != "" {
					t.Errorf("of %q it printed %q and ended with %v, want nothing and exit code 1", whole[:arrived], output, err)
				}
			}
			if output, err := runCommand(t, path, id, whole); err != nil || output != "first\nsecond\n" {
				t.Errorf("the whole script printed %q and ended with %v", output, err)
			}
		})
	}
}

func TestCommand_EndOfAnotherScript_RunsNothing(t *testing.T) {
	id := newScriptID()
	for shell, path := range shellsOf(t) {
		for _, end := range []string{POSIX.trailer(newScriptID()), POSIX.trailer(""), POSIX.trailer(id) + "0"} {
			if output, err := runCommand(t, path, id, "echo ran"+end); err == nil || output != "" {
				t.Errorf("%s: of a script that ends in %q it printed %q and ended with %v, want a failure", shell, end, output, err)
			}
		}
	}
}
