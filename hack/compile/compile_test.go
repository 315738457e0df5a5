package compile

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

const (
	root   = "../.."
	commit = "0123456789abcdef0123456789abcdef01234567"
)

func read(t *testing.T, path ...string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// copySource copies the sources of the programs into a separate directory.
func copySource(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "somewhere", "else")
	for _, part := range []string{"api", "cmd", "controllers", "internal"} {
		if err := os.CopyFS(filepath.Join(dir, part), os.DirFS(filepath.Join(root, part))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := os.WriteFile(filepath.Join(dir, name), read(t, root, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestProgram_FromAnotherDirectory_HasTheSameBytesAndTheStamp(t *testing.T) {
	var binaries [][]byte
	var last string
	for _, dir := range []string{root, copySource(t)} {
		out := t.TempDir()
		source := Source{Dir: dir, Version: "v1.2.3", Commit: commit}
		if err := Program(t.Context(), source, "fargate", runtime.GOARCH, out); err != nil {
			t.Fatal(err)
		}
		last = filepath.Join(out, File("fargate", runtime.GOARCH))
		binaries = append(binaries, read(t, last))
	}
	if !bytes.Equal(binaries[0], binaries[1]) {
		t.Error("the same source gives other bytes in another directory")
	}
	got, err := exec.Command(last, "version").Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := "fargate v1.2.3 (commit " + commit + ", " + runtime.Version() + ")\n"; string(got) != want {
		t.Errorf("it says %q, want %q", got, want)
	}
}

// A program of a few lines replaces ours: this tests how programs are compiled,
// not which.
func TestProgram_EveryArchitecture_IsStaticAndIndependentOfTheBuildersSettings(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.com/small\n\ngo 1.26.0\n")
	write("cmd/small/main.go", "package main\n\nfunc main() {}\n")
	machines := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}
	for _, architecture := range Architectures() {
		t.Run(architecture, func(t *testing.T) {
			source := Source{Dir: dir, Version: "v1.2.3", Commit: commit}
			plain, other := t.TempDir(), t.TempDir()
			if err := Program(t.Context(), source, "small", architecture, plain); err != nil {
				t.Fatal(err)
			}
			for name, value := range map[string]string{"GOFLAGS": "-race", "GOOS": "windows", "GOAMD64": "v3", "GOARM64": "v9.0", "CGO_ENABLED": "1"} {
				t.Setenv(name, value)
			}
			if err := Program(t.Context(), source, "small", architecture, other); err != nil {
				t.Fatal(err)
			}
			file := File("small", architecture)
			if !bytes.Equal(read(t, plain, file), read(t, other, file)) {
				t.Error("the builder's environment changes the binary")
			}
			checkStatic(t, filepath.Join(plain, file), machines[architecture])
		})
	}
}

func checkStatic(t *testing.T, path string, machine elf.Machine) {
	t.Helper()
	binary, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer binary.Close()
	if binary.Machine != machine {
		t.Errorf("it is for %s, want %s", binary.Machine, machine)
	}
	libraries, err := binary.ImportedLibraries()
	if err != nil {
		t.Fatal(err)
	}
	if len(libraries) > 0 {
		t.Errorf("it needs %v, want a static binary", libraries)
	}
}

func TestLinkerFlags_MakefileAndDockerfile_HaveTheSame(t *testing.T) {
	for file, flags := range map[string]string{
		"Makefile":   LinkerFlags("$(VERSION)", "$(COMMIT)"),
		"Dockerfile": LinkerFlags("${VERSION}", "${COMMIT}"),
	} {
		if !strings.Contains(string(read(t, root, file)), flags) {
			t.Errorf("%s does not have the flags %q", file, flags)
		}
	}
}

func TestReadSource_KnowsTheCommitAndItsTime(t *testing.T) {
	dir := t.TempDir()
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	commands := [][]string{
		{"init", "--quiet"},
		{"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--allow-empty", "--message=a"},
	}
	for _, args := range commands {
		command := exec.Command("git", args...)
		command.Dir = dir
		command.Env = append(os.Environ(), "GIT_COMMITTER_DATE="+at.Format(time.RFC3339))
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	source, err := ReadSource(t.Context(), dir, "v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	if len(source.Commit) != len(commit) || !source.Time.Equal(at) {
		t.Errorf("commit %q of %s, want a full hash of %s", source.Commit, source.Time, at)
	}
	if err := os.WriteFile(filepath.Join(dir, "new"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	changes, err := source.Changes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if changes != "?? new\n" {
		t.Errorf("changes %q, want the new file", changes)
	}

	t.Setenv("SOURCE_DATE_EPOCH", "1")
	if source, err = ReadSource(t.Context(), dir, "v1.2.3"); err != nil || source.Time.Unix() != 1 {
		t.Errorf("SOURCE_DATE_EPOCH=1 gives %s, %v", source.Time, err)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	if _, err = ReadSource(t.Context(), dir, "v1.2.3"); err == nil || !strings.Contains(err.Error(), "correct SOURCE_DATE_EPOCH") {
		t.Errorf("SOURCE_DATE_EPOCH=yesterday gives %v, want a message that says what to correct", err)
	}
}
