// Package guide_test follows the guide to GitLab's Fargate driver, from step 4 to
// the cleanup, with the guide's own two files and the paths in them. The runner
// and AWS are stand-ins.
//
// The paths and port 22 belong to the machine. So the tests run in separate
// namespaces, in which /etc and /opt are copies and the loopback interface has no
// other servers.
package guide_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/internal/test/devstack"
)

// programsVariable is set, within the namespaces, to the programs' directory.
const programsVariable = "GUIDE_TEST_PROGRAMS"

// buildTimeout is for cold caches.
const buildTimeout = 10 * time.Minute

func TestMain(m *testing.M) {
	if os.Getuid() != 0 {
		fmt.Fprintln(os.Stderr, "skipped: only root can make namespaces")
		os.Exit(0)
	}
	if os.Getenv(programsVariable) == "" {
		os.Exit(outside())
	}
	if err := settleIn(); err != nil {
		fmt.Fprintln(os.Stderr, "prepare the namespaces:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// outside runs this test binary again in its own namespaces, with programs that
// are built here: a build may need the network.
func outside() int {
	code, err := inNamespaces()
	if err != nil {
		fmt.Fprintln(os.Stderr, "run the tests in namespaces:", err)
		return 1
	}
	return code
}

func inNamespaces() (code int, err error) {
	dir, err := os.MkdirTemp("", "guide-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	if err := devstack.BuildPrograms(ctx, dir); err != nil {
		return 0, err
	}
	inside := exec.Command("/proc/self/exe", os.Args[1:]...)
	inside.Env = append(os.Environ(), programsVariable+"="+dir)
	inside.Stdin, inside.Stdout, inside.Stderr = os.Stdin, os.Stdout, os.Stderr
	inside.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWNET,
		Pdeathsig:  syscall.SIGKILL,
	}
	err = inside.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode(), nil
	}
	return 0, err
}

// settleIn puts writable layers over /etc and /opt and brings up the loopback
// interface.
func settleIn() error {
	layers := filepath.Join(os.Getenv(programsVariable), "layers")
	if err := os.Mkdir(layers, 0o700); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", layers, "tmpfs", 0, "mode=0700"); err != nil {
		return fmt.Errorf("mounting %s: %w", layers, err)
	}
	for _, path := range []string{"/etc", "/opt"} {
		upper, work := filepath.Join(layers, path, "upper"), filepath.Join(layers, path, "work")
		if err := errors.Join(os.MkdirAll(upper, 0o755), os.MkdirAll(work, 0o755)); err != nil {
			return err
		}
		options := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", path, upper, work)
		if err := unix.Mount("overlay", path, "overlay", 0, options); err != nil {
			return fmt.Errorf("mounting a layer over %s: %w", path, err)
		}
	}
	return raiseLoopback()
}

func raiseLoopback() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, request)
}
