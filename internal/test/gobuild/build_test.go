package gobuild

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestSourceSum_ChangesWithSourcesOnly(t *testing.T) {
	tests := map[string]struct {
		file    string
		changes bool
	}{
		"a Go file":             {file: "main.go", changes: true},
		"a Go file in a folder": {file: "kubectl/main.go", changes: true},
		"a pinned version":      {file: "go.mod", changes: true},
		"a checksum":            {file: "go.sum", changes: true},
		"a text":                {file: "README.md"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			before, err := sourceSum(dir)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, test.file)
			if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte("content"), 0o600); err != nil {
				t.Fatal(err)
			}
			after, err := sourceSum(dir)
			if err != nil {
				t.Fatal(err)
			}
			if changed := before != after; changed != test.changes {
				t.Errorf("sum changed = %t, want %t", changed, test.changes)
			}
		})
	}
}

func TestLockFile_Held_WaitsUntilReleasedOrContextEnds(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lock")
	unlock, err := lockFile(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lockFile(canceled, file); !errors.Is(err, context.Canceled) {
		t.Errorf("lock a held file with a canceled context: %v, want context canceled", err)
	}
	unlock()
	unlock, err = lockFile(t.Context(), file)
	if err != nil {
		t.Fatalf("lock a released file: %v", err)
	}
	unlock()
}
