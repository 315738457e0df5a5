package executor

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// interrupt leaves what a stage leaves that is killed while it writes the
// connection file.
func (a *attempt) interrupt(t *testing.T) {
	t.Helper()
	path, err := a.connectionPath()
	if err != nil {
		t.Fatal(err)
	}
	draft := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"-123456")
	if err := os.WriteFile(draft, []byte(somePrivateKey), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestCleanup_DraftOfTheConnectionFile_IsRemoved(t *testing.T) {
	t.Run("alone", func(t *testing.T) {
		a := newAttempt(t)
		a.interrupt(t)
		if err := a.Cleanup(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.wantNothingLeft(t)
	})
	t.Run("next to the file", func(t *testing.T) {
		a := newAttempt(t)
		a.pinned(t)
		a.interrupt(t)
		if err := a.Cleanup(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.wantNothingLeft(t)
	})
	t.Run("whose job cannot be deleted", func(t *testing.T) {
		a := newAttempt(t)
		a.pinned(t)
		a.interrupt(t)
		a.store.deleteErrs = []error{errors.New("no permission")}
		wantError(t, a.Cleanup(t.Context()), "no permission")
		files := a.connectionFiles(t)
		if len(files) != 1 {
			t.Fatalf("left are %v, want the file without its key", files)
		}
		wantNoKey(t, files[0])
	})
}
