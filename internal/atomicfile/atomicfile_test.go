package atomicfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/atomicfile"
)

// wantOnly fails unless the file is the only one in its directory, has the
// content and can be read only by its owner.
func wantOnly(t *testing.T, path, content string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("%d files, want the one that was written", len(entries))
	}
	if data, err := os.ReadFile(path); err != nil || string(data) != content {
		t.Errorf("holds %q (%v), want %q", data, err, content)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v), want 0600", info.Mode(), err)
	}
}

func TestCreate_ManyAtOnce_OneWins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	var group sync.WaitGroup
	var won atomic.Int32
	for range 20 {
		group.Go(func() {
			err := atomicfile.Create(path, []byte("content"))
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, fs.ErrExist):
				t.Error(err)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of 20 created the file, want one", won.Load())
	}
	wantOnly(t, path, "content")
}

func TestReplace_LeavesTheNewContentAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, content := range []string{"first and longer", "second"} {
		if err := atomicfile.Replace(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		wantOnly(t, path, content)
	}
	if err := atomicfile.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("removing it again: %v", err)
	}
}

func TestUpdate_LeavesTheNewContentAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := atomicfile.Create(path, []byte("first and longer")); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Update(path, []byte("second")); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, path, "second")
}

func TestUpdate_NoFile_LeavesNone(t *testing.T) {
	directory := t.TempDir()
	if err := atomicfile.Update(filepath.Join(directory, "file"), []byte("content")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
	wantEmpty(t, directory)
}

func TestUpdate_RemovedMeanwhile_StaysRemoved(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "file")
	for range 200 {
		if err := atomicfile.Create(path, []byte("first")); err != nil {
			t.Fatal(err)
		}
		var both sync.WaitGroup
		both.Go(func() {
			if err := atomicfile.Update(path, []byte("second")); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("renew: %v", err)
			}
		})
		both.Go(func() {
			if err := atomicfile.Remove(path); err != nil {
				t.Errorf("remove: %v", err)
			}
		})
		both.Wait()
		wantEmpty(t, directory)
	}
}

func wantEmpty(t *testing.T, directory string) {
	t.Helper()
	if entries, err := os.ReadDir(directory); err != nil || len(entries) != 0 {
		t.Fatalf("left are %v (%v), want nothing", entries, err)
	}
}

func TestRemove_AlsoRemovesDraftsOfInterruptedWrites(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "file")
	for _, name := range []string{".file-123", ".file-456", ".other-123"} {
		if err := os.WriteFile(filepath.Join(directory, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := atomicfile.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want fs.ErrNotExist", err)
	}
	if entries, err := os.ReadDir(directory); err != nil || len(entries) != 1 || entries[0].Name() != ".other-123" {
		t.Errorf("left are %v (%v), want only .other-123", entries, err)
	}
}

func TestDrafts_ListsThoseOfOurFiles(t *testing.T) {
	directory := t.TempDir()
	for _, name := range []string{".file.json-123", ".a-b.json-4", ".file.json-", ".file.json-12x", "file.json-123", ".other-123", ".-1", "file.json"} {
		if err := os.WriteFile(filepath.Join(directory, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	drafts, err := atomicfile.Drafts(directory, func(name string) bool { return filepath.Ext(name) == ".json" })
	if err != nil || len(drafts) != 2 {
		t.Fatalf("%d drafts (%v), want two: %v", len(drafts), err, drafts)
	}
	for i, want := range []string{".a-b.json-4", ".file.json-123"} {
		if filepath.Base(drafts[i].Path) != want || drafts[i].Written.IsZero() {
			t.Errorf("draft %+v, want %s", drafts[i], want)
		}
	}
}

func TestReplace_CannotBePlaced_LeavesNothing(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "file")
	if err := os.MkdirAll(filepath.Join(path, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Replace(path, []byte("content")); err == nil {
		t.Fatal("a directory was replaced")
	}
	if entries, err := os.ReadDir(directory); err != nil || len(entries) != 1 {
		t.Errorf("%d entries are left (%v), want only the directory", len(entries), err)
	}
}
