// Command controlplane runs a Kubernetes control plane in one process on the loopback interface: etcd, kube-apiserver
// with RBAC, and the controllers of kube-controller-manager that an operator's tests and demo depend on (garbage
// collector, namespaces, service accounts and their tokens, cluster role aggregation). There are no nodes and no
// scheduler: pods stay pending.
//
// All three parts are the published Kubernetes and etcd modules. The process writes an administrator's kubeconfig once
// the cluster is usable, and stops cleanly on SIGTERM, SIGINT and, if asked to, at the end of its standard input.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

type settings struct {
	dir           string
	kubeconfig    string
	auditLog      string
	stopWithStdin bool
}

func main() {
	opts, err := parseFlags(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		os.Exit(2) // The flag package has printed the message.
	}
	terminal, err := prepareDir(opts.dir)
	if err == nil {
		err = runUntilStopped(opts)
	}
	if err != nil {
		fmt.Fprintf(terminal, "controlplane: %v\n", err)
		os.Exit(1)
	}
}

func runUntilStopped(opts settings) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if opts.stopWithStdin {
		ctx = untilEOF(ctx, os.Stdin)
	}
	err := run(ctx, opts)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil // Stopped while it was starting.
	}
	return err
}

func parseFlags(args []string) (settings, error) {
	var opts settings
	fs := flag.NewFlagSet("controlplane", flag.ContinueOnError)
	fs.StringVar(&opts.dir, "dir", "", "`directory` for etcd's data, keys and the log; created with mode 0700 (required)")
	fs.StringVar(&opts.kubeconfig, "kubeconfig", "",
		"`file` for the administrator's kubeconfig, written when the cluster is ready (default DIR/kubeconfig)")
	fs.StringVar(&opts.auditLog, "audit-log", "", "`file` for the audit log: each request's metadata, a JSON object a line (default none)")
	fs.BoolVar(&opts.stopWithStdin, "stop-with-stdin", false,
		"stop when standard input ends, so that the process never outlives the one that started it")
	if err := fs.Parse(args); err != nil {
		return settings{}, err
	}
	if opts.dir == "" {
		err := errors.New("flag -dir is required: name a directory for the state")
		fmt.Fprintln(fs.Output(), err)
		return settings{}, err
	}
	if opts.kubeconfig == "" {
		opts.kubeconfig = filepath.Join(opts.dir, "kubeconfig")
	}
	return opts, nil
}

// untilEOF returns a context that ends when r does.
func untilEOF(ctx context.Context, r io.Reader) context.Context {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		_, err := io.Copy(io.Discard, r)
		cancel(err)
	}()
	return ctx
}
