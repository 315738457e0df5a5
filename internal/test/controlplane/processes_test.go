package controlplane_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// processesNaming lists the live processes that have the text in their command line.
func processesNaming(t *testing.T, text string) []int {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, file := range files {
		commandLine, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(commandLine), text) {
			continue // A process that ended meanwhile cannot be read.
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}
