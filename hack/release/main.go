// Command release builds everything that a release consists of, from a clean checkout: binaries and their SBOMs, the
// image, the charts, manifests, release notes and checksums. docs/releasing.md says how to publish it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/fargate-operator/fargate-operator/hack/compile"
	"github.com/fargate-operator/fargate-operator/internal/test/gobuild"
)

func main() {
	version := flag.String("version", "", "the release, such as v0.1.0")
	output := flag.String("output", "dist", "the directory to create, relative to the repository's root")
	flag.Parse()
	if err := runInterruptibly(*version, *output); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// runInterruptibly releases the repository that the working directory is in.
func runInterruptibly(version, output string) error {
	if err := gobuild.EnterRepositoryRoot(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return run(ctx, ".", version, output, compile.Architectures())
}

// run releases the checkout in a directory.
func run(ctx context.Context, dir, version, output string, architectures []string) error {
	if err := checkVersion(version); err != nil {
		return err
	}
	source, err := compile.ReadSource(ctx, dir, version)
	if err != nil {
		return err
	}
	if err := checkClean(ctx, source); err != nil {
		return err
	}
	notes, err := readSection(dir, version)
	if err != nil {
		return err
	}
	if err := checkTree(dir, version); err != nil {
		return err
	}
	r := &release{source: source, section: notes, architectures: architectures, output: output}
	return r.make(ctx)
}
