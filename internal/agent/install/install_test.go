package install

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestInto_StrictUmask_AllUsersCanRunItAndNoneCanWrite(t *testing.T) {
	old := unix.Umask(0o077)
	defer unix.Umask(old)
	dir := filepath.Join(t.TempDir(), "shared")
	for range 2 { // in place of an earlier one
		if err := Into(dir); err != nil {
			t.Fatal(err)
		}
	}
	for path, mode := range map[string]os.FileMode{"": 0o755, "bin": 0o755, "bin/agent": 0o755, "run": 0o755} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	entries, err := os.ReadDir(filepath.Join(dir, "bin"))
	if err != nil || len(entries) != 1 {
		t.Errorf("bin has %v, %v", entries, err)
	}
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if installed, err := os.ReadFile(filepath.Join(dir, "bin/agent")); err != nil || !bytes.Equal(installed, self) {
		t.Errorf("another program was installed, %v", err)
	}
}

func TestInto_PlaceThatCannotBeWritten_SaysWhatToDo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Into(file); err == nil || !strings.Contains(err.Error(), "mount a volume at "+file) {
		t.Errorf("%v", err)
	}
}
