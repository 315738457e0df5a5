package sshrun

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

// onlyWith starts a server whose sessions find some programs and no others.
func onlyWith(t *testing.T, bin string, programs ...string) *Client {
	t.Helper()
	for _, name := range programs {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Skip(err)
		}
		if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	return connectTo(t, sshdtest.Start(t, fmt.Sprintf("SetEnv PATH=%s HOME=%s", bin, bin)))
}

func TestRun_WithoutBash_UsesSh(t *testing.T) {
	client := onlyWith(t, t.TempDir(), "env", "sh", "cat")
	stdout, stderr, err := capture(t, client, "echo running; exit 5")
	if diff := cmp.Diff(&ExitError{Code: 5}, err); diff != "" {
		t.Errorf("%s\n%s", diff, stderr)
	}
	if stdout != "running\n" {
		t.Errorf("stdout is %q", stdout)
	}
}

// fakePwsh stands in for PowerShell: it tells how it was called, with which
// text and marker.
const fakePwsh = `#!/bin/sh
echo "arguments: $*"
echo "marked: ${FARGATE_SCRIPT_ID:+yes}"
cat
exit 6
`

func TestRun_PowerShell_GetsTheScriptUnchangedOnItsInput(t *testing.T) {
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "pwsh"), []byte(fakePwsh), 0o700); err != nil {
		t.Fatal(err)
	}
	client := onlyWith(t, bin, "env", "cat")
	// What the runner makes of a script, with a secret of more than 128 KiB.
	script := "#!/usr/bin/env pwsh\n& {\n\n$Token=\"" + strings.Repeat("x", 200<<10) + "\"\n'für alle'\n}\n\n"
	var stdout, stderr bytes.Buffer
	err := runScript(t.Context(), t, client, Script{
		Body: strings.NewReader(script), Shell: PowerShell, Stdout: &stdout, Stderr: &stderr,
	})
	if diff := cmp.Diff(&ExitError{Code: 6}, err); diff != "" {
		t.Errorf("%s\n%s", diff, stderr.String())
	}
	want := "arguments: -NoProfile -NoLogo -NonInteractive -Command -\nmarked: yes\n" + script
	if diff := cmp.Diff(want, stdout.String()); diff != "" {
		t.Errorf("what pwsh got (-want +got):\n%s", diff)
	}
}

func TestRun_PowerShellMissing_FailsAndSaysSo(t *testing.T) {
	client := onlyWith(t, t.TempDir(), "env")
	var stderr bytes.Buffer
	err := runScript(t.Context(), t, client, Script{
		Body: strings.NewReader("& {}\n\n"), Shell: PowerShell, Stdout: io.Discard, Stderr: &stderr,
	})
	var exit *ExitError
	if !errors.As(err, &exit) || exit.Code != 127 || !strings.Contains(stderr.String(), "pwsh") {
		t.Errorf("got %v and %q, want exit code 127 and pwsh named", err, stderr.String())
	}
}
