package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Both ways to exchange need the target to exist.
func TestExchange_EveryFileSystem_NeedsTheFile(t *testing.T) {
	for name, place := range map[string]func(from, to string) error{"exchange": exchange, "rename": renameOver} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			from, to := filepath.Join(directory, "from"), filepath.Join(directory, "to")
			if err := os.WriteFile(from, []byte("new"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := place(from, to); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("got %v, want fs.ErrNotExist", err)
			}
			if err := os.WriteFile(to, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := place(from, to); err != nil {
				t.Fatal(err)
			}
			if data, err := os.ReadFile(to); err != nil || string(data) != "new" {
				t.Errorf("holds %q (%v), want what is new", data, err)
			}
		})
	}
}
