// Command bench prints how fast and how large Fargate Operator is, next to OpenSSH where that does the same, and
// whether each figure keeps within its budget. It asserts nothing: figures depend on the machine and its load.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

func main() {
	only := flag.String("only", "", "take one of the figures "+strings.Join(names(), ", ")+" (default: all)")
	runs := flag.Int("n", 0, "runs per figure (default: as many as each figure needs)")
	managerLog := flag.String("manager-log", "", "file for the manager's log (default: none)")
	flag.Parse()
	ctrl.SetLogger(logr.Discard())
	if err := run(*only, *runs, *managerLog); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(only string, runs int, managerLog string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	b := &bench{runs: runs, managerLog: io.Discard}
	if managerLog != "" {
		file, err := os.Create(managerLog)
		if err != nil {
			return err
		}
		defer file.Close()
		b.managerLog = file
	}
	if b.dir, err = os.MkdirTemp("", "fargate-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	say("building the programs")
	if err := b.build(ctx); err != nil {
		return err
	}
	lines, err := b.take(ctx, chosen)
	return errors.Join(printTable(os.Stdout, lines), err)
}

// take returns what could be measured, also with an error.
func (b *bench) take(ctx context.Context, chosen []figure) ([]line, error) {
	var lines []line
	for _, f := range chosen {
		say("measuring " + f.what)
		measured, err := f.measure(ctx, b)
		if err != nil {
			return lines, fmt.Errorf("measuring %s: %w", f.what, err)
		}
		lines = append(lines, measured...)
	}
	return lines, nil
}

// say reports progress, apart from the figures.
func say(what string) { fmt.Fprintln(os.Stderr, "==>", what) }
