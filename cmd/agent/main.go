// Command agent makes any image a place where a CI job can run: it is the SSH
// server of a task, and runs the commands of its containers.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/fargate-operator/fargate-operator/internal/version"
)

func main() {
	err := run(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "agent:", err)
		os.Exit(1)
	}
}

const usage = `usage: agent install DIR
       agent gateway|job|service [-FLAG VALUE ...]
       agent version

install copies this program to DIR/bin/agent, for the task's other containers.
gateway serves SSH for the task. Only the key in SSH_PUBLIC_KEY may log in.
job     runs the job's commands for the gateway.
service becomes the image's own entry point when the gateway says so.
`

// run runs a subcommand.
func run(args []string) error {
	if len(args) == 0 {
		args = []string{"help"}
	}
	catchSignals()
	fixMemory()
	if err := hide(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	switch args[0] {
	case "install":
		return runInstall(args[1:])
	case "gateway":
		return runGateway(ctx, args[1:])
	case "job":
		return runJob(ctx, args[1:])
	case "service":
		return runService(ctx, args[1:])
	case "version":
		_, err := fmt.Println(version.Describe("agent"))
		return err
	case "help", "-h", "-help", "--help":
		_, err := io.WriteString(os.Stdout, usage)
		return err
	}
	return fmt.Errorf("there is no command %q\n%s", args[0], usage)
}

// fixMemory keeps to this runtime's own settings: GOGC and GOMEMLIMIT in an image are
// meant for the job's programs.
func fixMemory() {
	debug.SetGCPercent(100)
	debug.SetMemoryLimit(math.MaxInt64)
}

// hide keeps this program's memory, environment and open files from commands of the
// same user. What it runs is not hidden.
func hide() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("closing this program's memory to other programs: %w", err)
	}
	return nil
}

// catchSignals keeps signals from ending this program that scripts may send to
// process 1, and broken pipes. They are caught and not ignored, because commands
// would inherit that.
func catchSignals() {
	signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGPIPE, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGALRM)
}

// list is a flag's value with commas.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(value string) error {
	for name := range strings.SplitSeq(value, ",") {
		if name == "" || slices.Contains(*l, name) {
			return errors.New("it has to list different names, separated by commas")
		}
		*l = append(*l, name)
	}
	return nil
}
