package oci

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// commandTime bounds every command that prepares or removes something. Each takes
// milliseconds.
const commandTime = 30 * time.Second

// systemPath is where the programs of root are, which a user's PATH may lack.
const systemPath = "/usr/local/sbin:/usr/sbin:/sbin"

// program finds a program in PATH or among those of root.
func program(name string) (path string, err error) {
	if path, err = exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, dir := range filepath.SplitList(systemPath) {
		if path, found := exec.LookPath(filepath.Join(dir, name)); found == nil {
			return path, nil
		}
	}
	return "", err
}

// run runs a command to its end. The error has what it wrote.
func run(ctx context.Context, input string, args ...string) error {
	path, err := program(args[0])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args[1:]...)
	cmd.Env = commandEnvironment()
	cmd.Stdin = strings.NewReader(input)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(output))
	}
	return nil
}

// commandEnvironment lets mount pass options of any length on, in one system call.
func commandEnvironment() []string {
	return []string{"PATH=" + os.Getenv("PATH") + ":" + systemPath, "LC_ALL=C", "LIBMOUNT_FORCE_MOUNT2=always"}
}
