package executor

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"k8s.io/apimachinery/pkg/types"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/sshrun"
)

// shared are directories in which other users can replace files.
var shared = map[string]func(t *testing.T, directory string) error{
	"everybody writes": func(_ *testing.T, d string) error { return os.Chmod(d, 0o777) },
	"like /tmp":        func(_ *testing.T, d string) error { return os.Chmod(d, 0o777|fs.ModeSticky) },
	"the group writes": func(_ *testing.T, d string) error { return os.Chmod(d, 0o770) },
	"others write":     func(_ *testing.T, d string) error { return os.Chmod(d, 0o702) },
	"another user's": func(t *testing.T, d string) error {
		t.Helper()
		if os.Geteuid() != 0 {
			t.Skip("only root can give a directory away")
		}
		return os.Chown(d, 65534, -1)
	},
}

func TestStages_DirectoryThatOthersCanWriteTo_IsRefused(t *testing.T) {
	for name, share := range shared {
		for where, use := range map[string]func(*attempt, string){
			"Directory": func(a *attempt, d string) { a.Directory = d },
			"TMPDIR":    func(a *attempt, d string) { a.Environment.TempDir = d },
			"a link":    func(a *attempt, _ string) { a.Directory = filepath.Join(a.dir, "link") },
		} {
			t.Run(name+" as "+where, func(t *testing.T) {
				a := newAttempt(t)
				directory := filepath.Join(a.dir, "shared")
				if err := errors.Join(os.Mkdir(directory, 0o700), os.Symlink(directory, filepath.Join(a.dir, "link")), share(t, directory)); err != nil {
					t.Fatal(err)
				}
				use(a, directory)
				for stage, err := range map[string]error{
					"prepare": a.Prepare(t.Context()),
					"run":     a.Run(t.Context(), filepath.Join(a.dir, "response.json"), "build_script"),
					"cleanup": a.Cleanup(t.Context()),
				} {
					wantError(t, err, "can write to", "to a directory that only the executor uses")
					if err != nil && !strings.Contains(err.Error(), "shared") && where != "a link" {
						t.Errorf("%s: the directory is missing in: %v", stage, err)
					}
				}
				a.wantNothingLeft(t)
			})
		}
	}
}

func TestCheckDirectory_OwnDirectoryOfRootOrUser_IsAccepted(t *testing.T) {
	directory := t.TempDir()
	for _, mode := range []os.FileMode{0o700, 0o755, 0o711} {
		if err := os.Chmod(directory, mode); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(CheckDirectory(directory), trusted(directory)); err != nil {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	if os.Geteuid() != 0 {
		return
	}
	if err := os.Chown(directory, 65534, -1); err != nil {
		t.Fatal(err)
	}
	if err := CheckDirectory(directory); err != nil {
		t.Errorf("root cannot sweep another user's directory: %v", err)
	}
}

// instead puts something in the place of a connection file.
var instead = map[string]func(t *testing.T, path string) error{
	"a link to a connection file": func(_ *testing.T, path string) error {
		return errors.Join(os.Rename(path, path+".real"), os.Symlink(path+".real", path))
	},
	"a link to nothing": func(_ *testing.T, path string) error {
		return errors.Join(os.Remove(path), os.Symlink("/does/not/exist", path))
	},
	"a pipe":                    func(_ *testing.T, path string) error { return errors.Join(os.Remove(path), unix.Mkfifo(path, 0o600)) },
	"a directory":               func(_ *testing.T, path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
	"a file that others read":   func(_ *testing.T, path string) error { return os.Chmod(path, 0o644) },
	"a file that others write":  func(_ *testing.T, path string) error { return os.Chmod(path, 0o602) },
	"a file that the group has": func(_ *testing.T, path string) error { return os.Chmod(path, 0o660) },
	"another user's file": func(t *testing.T, path string) error {
		t.Helper()
		if os.Geteuid() != 0 {
			t.Skip("only root can give a file away")
		}
		return os.Chown(path, 65534, -1)
	},
}

// pinned gives the attempt the job that prepare creates, and its connection file.
// It returns the file's path.
func (a *attempt) pinned(t *testing.T) string {
	t.Helper()
	name, nameErr := a.jobName(&gitlab.Job{ID: 4711})
	path, pathErr := a.connectionPath()
	key, keyErr := newKeyPair(v1alpha1.KeyTypeEd25519)
	if err := errors.Join(nameErr, pathErr, keyErr); err != nil {
		t.Fatal(err)
	}
	conn := newConnection(types.NamespacedName{Namespace: "ci", Name: name}, key.private)
	conn.pin(sshrun.Target{Host: "127.0.0.1", Port: 1, User: "root"}, key.signer.PublicKey())
	if err := writeConnection(path, conn); err != nil {
		t.Fatal(err)
	}
	a.store.jobs[conn.job()] = &v1alpha1.FargateJob{}
	return path
}

func TestStages_ConnectionFileOfSomebodyElse_IsNotFollowed(t *testing.T) {
	for name, replace := range instead {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			path := a.pinned(t)
			if err := replace(t, path); err != nil {
				t.Fatal(err)
			}
			script := filepath.Join(a.dir, "script.")
			write(t, script, "echo secret")
			err := a.Run(t.Context(), script, "build_script")
			wantError(t, err, "the connection file "+path, "run the cleanup stage")
			if out := a.stdout.String(); strings.Contains(out, "secret") {
				t.Errorf("the script ran: %s", out)
			}
			if err := a.Cleanup(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := a.store.count(); n != 0 {
				t.Errorf("%d FargateJobs are left", n)
			}
			if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("what was in the file's place is left: %v", err)
			}
		})
	}
}
