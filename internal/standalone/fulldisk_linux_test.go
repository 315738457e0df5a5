package standalone

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
)

// newWorldOnSmallDisk is a world whose directory has room for a few files.
func newWorldOnSmallDisk(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, localecs.Config{})
	err := unix.Mount("tmpfs", w.directory, "tmpfs", 0, "size=32k,mode=0700")
	if errors.Is(err, unix.EPERM) {
		t.Skip("only root can mount a small disk")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(w.directory, 0); err != nil {
			t.Error(err)
		}
	})
	return w
}

// fill leaves no room on the disk.
func (w *world) fill(t *testing.T) {
	t.Helper()
	file, err := os.Create(filepath.Join(w.directory, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for err == nil {
		_, err = file.Write(make([]byte, 4096))
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
}

func TestFullDisk_BeforeTheJobIsWrittenDown_StartsNothing(t *testing.T) {
	w := newWorldOnSmallDisk(t)
	store := w.open(t)
	w.fill(t)
	wantText(t, store.Create(t.Context(), newJob()), w.statePath(), "has space", "no space left on device")
	if diff := cmp.Diff([]string{"filler", installationFile}, w.files(t)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestFullDisk_BeforeTheAttemptIsWrittenDown_StartsNothing(t *testing.T) {
	w := newWorldOnSmallDisk(t)
	store := w.open(t)
	create(t, store)
	w.fill(t)
	wantText(t, store.Watch(t.Context(), key, nil), w.statePath(), "has space")
	if calls := w.AWS.Calls()["RunTask"]; calls != 0 {
		t.Errorf("%d RunTask calls, want none", calls)
	}
	remove(t, store)
}

func TestFullDisk_BeforeTheTaskIsWrittenDown_ItIsStoppedAllTheSame(t *testing.T) {
	for _, by := range []string{"the same process", "another process"} {
		t.Run("by "+by, func(t *testing.T) {
			w := newWorldOnSmallDisk(t)
			store := w.open(t)
			create(t, store)
			err := store.Watch(t.Context(), key, func(job *v1alpha1.FargateJob) error {
				if job.Status.Attempt == 1 {
					w.fill(t)
				}
				return nil
			})
			wantText(t, err, w.statePath(), "has space")
			if tasks := w.running(t); len(tasks) != 1 {
				t.Fatalf("%d tasks, want one", len(tasks))
			}
			if by == "another process" {
				store = w.open(t)
			}
			remove(t, store)
			if tasks := w.running(t); len(tasks) != 0 {
				t.Errorf("tasks are left: %v", tasks)
			}
		})
	}
}
