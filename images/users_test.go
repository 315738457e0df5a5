package images_test

import (
	"fmt"
	"os/exec"
	"os/user"
	"strings"
	"testing"
)

// account is a user who can run the container of a task, and log in to it.
type account struct {
	name string
	// home is where the account's sessions begin.
	home string
	// container returns a shell command that runs the entry point, its first
	// argument, as a container of the local ECS, after a shell command. sshd
	// listens only on the task's address.
	container func(before string) string
	// directory is where the entry point leaves its files, as a session of the
	// account sees it.
	directory func(homeOfTask string) string
}

// ci is the user of the images. Its container is a root file system with what the
// Dockerfile does to one, in a mount namespace.
const ci = "ci"

// asBoth runs a test as root and as ci.
func asBoth(t *testing.T, test func(*testing.T, account)) {
	t.Helper()
	t.Run("root", func(t *testing.T) { test(t, root(t)) })
	t.Run(ci, func(t *testing.T) { test(t, userCI(t)) })
}

// root has the container's home in /tmp, where anyone may write: sshd is not to
// mind that.
func root(t *testing.T) account {
	t.Helper()
	found, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return account{
		name: "root", home: found.HomeDir,
		container: func(before string) string {
			return before + `exec sh "$1" -o ListenAddress="${LOCALECS_ADDRESSES%%,*}" -o StrictModes=no`
		},
		directory: func(homeOfTask string) string { return homeOfTask + "/.sshd" },
	}
}

// inImage makes a root file system with the machine's programs, lets the image's
// steps change it, and runs the entry point there as ci. The container's directory
// is ci's home. The machine's own file system stays as it is.
const inImage = `set -e
root=/mnt
mount -t tmpfs -o mode=755 tmpfs "$root"
mkdir -p "$root/etc" "$root/root" "$root/home" "$root/run" "$root/dev" "$root/proc" "$root/usr" "$root/var/log"
mkdir -m 1777 "$root/tmp"
for directory in bin sbin lib lib32 lib64; do
	[ ! -e "/$directory" ] || ln -s "usr/$directory" "$root/$directory"
done
for directory in usr dev proc; do mount --rbind "/$directory" "$root/$directory"; done
for file in passwd group shadow gshadow login.defs nsswitch.conf ld.so.cache ld.so.conf ld.so.conf.d alternatives ssh shells; do
	[ ! -e "/etc/$file" ] || cp -a "/etc/$file" "$root/etc/"
done
chroot "$root" sh -ec '%[1]s'
mount --bind "$PWD" "$root/home/ci"
chroot "$root" chown ci:ci /home/ci
cp "$1" "$root/entrypoint.sh"
export HOME=/home/ci
%[2]sexec chroot "$root" setpriv --reuid ci --regid ci --init-groups \
	sh /entrypoint.sh -o ListenAddress="${LOCALECS_ADDRESSES%%%%,*}"`

// userCI skips the test where there are no mount namespaces.
func userCI(t *testing.T) account {
	t.Helper()
	if err := exec.CommandContext(t.Context(), "unshare", "--mount", "true").Run(); err != nil {
		t.Skipf("needs the right to make mount namespaces: unshare: %v", err)
	}
	steps := strings.Join(localSteps(t), "\n")
	return account{
		name: ci, home: "/home/ci",
		container: func(before string) string {
			script := fmt.Sprintf(inImage, strings.ReplaceAll(steps, "'", `'\''`), before)
			return `exec unshare --mount sh -c '` + strings.ReplaceAll(script, "'", `'\''`) + `' sh "$1"`
		},
		directory: func(string) string { return "/home/ci/.sshd" },
	}
}

// localSteps are the RUN instructions of the images that need no network.
func localSteps(t *testing.T) []string {
	t.Helper()
	var steps []string
	text := strings.ReplaceAll(dockerfiles(t)["debian"], "\\\n", " ")
	for line := range strings.Lines(text) {
		step, found := strings.CutPrefix(line, "RUN ")
		if found && !strings.Contains(step, "apt-get") {
			steps = append(steps, strings.TrimSpace(step))
		}
	}
	if len(steps) == 0 {
		t.Fatal("the Dockerfile does nothing for the user ci")
	}
	return steps
}
