// Command measure runs a command and writes what the run cost, a usage.Usage in JSON, to file descriptor 3. Input and
// output are the command's.
//
// It is a separate program because it is small: Linux counts the memory of the process that starts a command into the
// command's peak (see exec_mmap in the kernel's fs/exec.c), and the benchmark with its Kubernetes client is large.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/fargate-operator/fargate-operator/hack/bench/usage"
)

// reportFD is where the report goes.
const reportFD = 3

func main() {
	if err := measure(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

func measure(command []string) error {
	if len(command) == 0 {
		return errors.New("give the command to run")
	}
	syscall.CloseOnExec(reportFD)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("running %s: %w", command[0], err)
	}
	cost := usage.Usage{Wall: time.Since(start), CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if rusage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		cost.PeakKiB = rusage.Maxrss
	}
	return json.NewEncoder(os.NewFile(reportFD, "report")).Encode(cost)
}
