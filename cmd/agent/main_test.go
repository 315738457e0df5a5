package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// agentProgram is the program under test, compiled as it is shipped.
var agentProgram string

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
	return m.Run()
}
