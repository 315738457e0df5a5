package sshrun

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestEverything_AsNonRootUser runs this package's tests of scripts, how they end,
// and shells again as a user who is not root, with that user's own SSH server.
func TestEverything_AsNonRootUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the other tests do that already: they don't run as root")
	}
	user := plainUser(t)
	dir, err := os.MkdirTemp("", "nonroot-") //nolint:usetesting // no other user gets into t.TempDir
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	program := filepath.Join(dir, "tests")
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, self, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, int(user.Uid), int(user.Gid)); err != nil {
		t.Fatal(err)
	}
	tests := exec.CommandContext(t.Context(), program, "-test.v",
		"-test.run=^(TestRun_TellsHowTheScriptEnded|TestRun_Canceled_.*|TestRun_WithoutBash_.*|TestTerminateScript_.*|TestWaitReachable_.*)$")
	tests.Dir = dir
	tests.Env = append(os.Environ(), "TMPDIR="+dir, "HOME="+dir, "USER=")
	tests.SysProcAttr = &syscall.SysProcAttr{Credential: user}
	output, err := tests.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if !strings.Contains(string(output), "--- PASS: TestRun_Canceled_EndsEveryProcessOfTheScript") {
		t.Errorf("the tests were not run:\n%s", output)
	}
}

// plainUser finds a user who is not root and has a shell to log in with.
func plainUser(t *testing.T) *syscall.Credential {
	t.Helper()
	file, err := os.Open("/etc/passwd")
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		// name:password:uid:gid:comment:home:shell
		fields := strings.Split(lines.Text(), ":")
		if len(fields) != 7 || !strings.HasSuffix(fields[6], "sh") {
			continue
		}
		uid, errUID := strconv.ParseUint(fields[2], 10, 32)
		gid, errGID := strconv.ParseUint(fields[3], 10, 32)
		if errUID == nil && errGID == nil && uid != 0 {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	t.Skip("only root can log in here")
	return nil
}
