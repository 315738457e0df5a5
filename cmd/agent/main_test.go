package main

import (
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var (
	// agentProgram is the program under test, compiled as it is shipped.
	agentProgram string
	// busyboxProgram is a copy of busybox, empty if it is not installed.
	busyboxProgram string
)

func TestMain(m *testing.M) {
	if spec := os.Getenv(containerVariable); spec != "" {
		fmt.Fprintln(os.Stderr, "entering the container:", enterContainer(spec))
		os.Exit(1)
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "agent-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	agentProgram = filepath.Join(dir, "agent")
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", agentProgram, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if raceDetector { // It needs cgo, and the containers have no libraries.
		build = exec.Command("go", "build", "-race", "-tags=netgo,osusergo", "-ldflags=-linkmode external -extldflags -static", "-o", agentProgram, ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=1")
	}
	if output, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "compiling the agent: %v\n%s", err, output)
		return 1
	}
	if busyboxProgram, err = copyBusybox(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// copyBusybox copies busybox into a directory on the file system of the tests'
// directories.
func copyBusybox(dir string) (string, error) {
	installed, err := exec.LookPath("busybox")
	if err != nil {
		return "", nil
	}
	program, err := elf.Open(installed)
	if err != nil {
		return "", err
	}
	defer func() { _ = program.Close() }()
	if libraries, err := program.ImportedLibraries(); err != nil || len(libraries) > 0 {
		return "", err // The containers have none.
	}
	content, err := os.ReadFile(installed)
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "busybox")
	return file, os.WriteFile(file, content, 0o755)
}
