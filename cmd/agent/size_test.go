package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Every task gets a copy of the agent, and has the agent's memory for each of its
// containers.
const (
	maxDisk = 8 << 20  // bytes
	maxRSS  = 15 << 10 // KiB, with ten sessions
)

func TestAgent_OnDisk_IsSmallOnEveryArchitecture(t *testing.T) {
	t.Parallel()
	for _, architecture := range []string{"amd64", "arm64"} {
		file := filepath.Join(t.TempDir(), architecture)
		build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", file, ".")
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH="+architecture)
		if output, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d KiB", architecture, info.Size()>>10)
		if info.Size() > maxDisk {
			t.Errorf("%s: %d bytes, more than %d", architecture, info.Size(), maxDisk)
		}
	}
}

func TestAgent_WithTenSessions_NeedsLittleMemory(t *testing.T) {
	t.Parallel()
	if raceDetector {
		t.Skip("the race detector needs memory of its own")
	}
	task := startTask(t, setup{})
	for range 10 {
		channel, _ := task.exec(t, "head -c 20000000 /dev/zero; echo; exec sleep 7001")
		if _, err := io.CopyN(io.Discard, channel, 20000001); err != nil {
			t.Fatal(err)
		}
	}
	awaitSleepers(t, task.job, 10)
	for name, c := range map[string]*box{"gateway": task.gateway, "job": task.job} {
		rss := residentKiB(t, c)
		t.Logf("%s: %d KiB", name, rss)
		if rss > maxRSS {
			t.Errorf("%s: %d KiB, more than %d", name, rss, maxRSS)
		}
	}
}

var peakRSS = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// residentKiB is the most that a container's process 1 has ever had in memory.
func residentKiB(t *testing.T, c *box) int {
	t.Helper()
	status, err := os.ReadFile(filepath.Join("/proc", pidOf(c), "status"))
	if err != nil {
		t.Fatal(err)
	}
	match := peakRSS.FindSubmatch(status)
	if match == nil {
		t.Fatalf("no VmHWM in %s", status)
	}
	kib, err := strconv.Atoi(string(match[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kib
}

// What the agent links is in every task.
func TestAgent_LinksNothingLarge(t *testing.T) {
	t.Parallel()
	output, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for dependency := range strings.Lines(string(output)) {
		for _, unwanted := range []string{"k8s.io/", "sigs.k8s.io/", "github.com/aws/", "github.com/spf13/", "net/http"} {
			if strings.HasPrefix(dependency, unwanted) {
				t.Errorf("links %s", strings.TrimSpace(dependency))
			}
		}
	}
}
