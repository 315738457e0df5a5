package gateway

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestGiveDirectories_Home_IsForItsUserOnly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	g := &gateway{config: Config{Home: filepath.Join(dir, "home"), Directories: []string{filepath.Join(dir, "builds/project")}}}
	if err := g.giveDirectories(self()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{g.config.Home: 0o700, g.config.Directories[0]: 0o755} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
}

func TestGive_LinkInPlaceOfTheDirectory_IsRefused(t *testing.T) {
	t.Parallel()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	if err := give(link, self()); err == nil || !strings.Contains(err.Error(), "is a link and not a directory") {
		t.Errorf("%v", err)
	}
}

func self() *unix.Ucred {
	return &unix.Ucred{Uid: uint32(os.Geteuid()), Gid: uint32(os.Getegid())}
}
