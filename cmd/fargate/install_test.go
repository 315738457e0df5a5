package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestInstall_CopiesAProgramThatEverybodyCanRun(t *testing.T) {
	dir := t.TempDir()
	installed := filepath.Join(dir, "fargate")
	// What an earlier version left there is replaced.
	if err := os.WriteFile(installed, []byte("earlier"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, round := range []string{"by the original", "by the copy itself"} {
		t.Run(round, func(t *testing.T) {
			from := program
			if round == "by the copy itself" {
				from = installed
			}
			output, err := exec.CommandContext(t.Context(), from, "install", dir).Output()
			if err != nil || string(output) != "installed "+installed+"\n" {
				t.Fatalf("got %q (%v)", output, err)
			}
			wantCopy(t, installed)
			if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
				t.Errorf("the directory holds %v, want only the program (%v)", files, err)
			}
		})
	}
	if output, err := exec.CommandContext(t.Context(), installed, "version").Output(); err != nil || !strings.HasPrefix(string(output), "fargate ") {
		t.Errorf("the copy's version is %q (%v)", output, err)
	}
}

func wantCopy(t *testing.T, installed string) {
	t.Helper()
	info, err := os.Stat(installed)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o755 {
		t.Errorf("mode %s, want 0755", info.Mode())
	}
	want, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(installed); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the copy has %d bytes and differs from the program's %d (%v)", len(got), len(want), err)
	}
}

func TestInstall_CannotWrite_SaysWhatToDoAndLeavesNothing(t *testing.T) {
	occupied := t.TempDir()
	// A directory cannot be replaced by a file.
	if err := os.MkdirAll(filepath.Join(occupied, "fargate", "something"), 0o750); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"directory missing": {[]string{"install", filepath.Join(occupied, "missing")}, []string{"make sure that the directory exists", "no such file or directory"}},
		"name taken":        {[]string{"install", occupied}, []string{"cannot install this program", "rename"}},
		"no directory":      {[]string{"install"}, []string{"takes the directory to copy this program to, got 0 arguments"}},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr strings.Builder
			command := exec.CommandContext(t.Context(), program, test.args...)
			command.Stderr = &stderr
			if err := command.Run(); err == nil {
				t.Fatal("it succeeded")
			}
			wantText(t, stderr.String(), append(test.want, "fargate: ")...)
		})
	}
	if files, err := os.ReadDir(occupied); err != nil || len(files) != 1 {
		t.Errorf("the directory holds %v, want no more than before (%v)", files, err)
	}
}
