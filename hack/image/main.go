// Command image builds the container images for all architectures, as files and, if asked, in a registry. It needs Go
// and Git, but no container engine.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/fargate-operator/fargate-operator/hack/compile"
	"github.com/fargate-operator/fargate-operator/hack/image/oci"
	"github.com/fargate-operator/fargate-operator/internal/test/gobuild"
)

func main() {
	version := flag.String("version", "dev", "the version to stamp binaries and images with")
	output := flag.String("output", "dist", "the directory to write, from the repository's root")
	push := flag.String("push", "", "also push the images, under this reference, REGISTRY/NAME:TAG, and REGISTRY/NAME-agent:TAG")
	flag.Parse()
	if err := run(*version, *output, *push); err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

func run(version, output, push string) error {
	if err := gobuild.EnterRepositoryRoot(); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	source, err := compile.ReadSource(ctx, ".", version)
	if err != nil {
		return err
	}
	binaries, err := os.MkdirTemp("", "binaries-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(binaries)
	if err := compile.All(ctx, source, compile.Architectures(), binaries); err != nil {
		return err
	}
	if err := os.MkdirAll(output, 0o750); err != nil {
		return err
	}
	for _, kind := range oci.Kinds() {
		if err := build(ctx, kind, source, binaries, output, push); err != nil {
			return err
		}
	}
	return nil
}

// build builds one image.
func build(ctx context.Context, kind oci.Kind, source compile.Source, binaries, output, push string) error {
	image, err := oci.Build(kind, source, compile.Architectures(), binaries)
	if err != nil {
		return err
	}
	archive := filepath.Join(output, kind.File)
	if err := oci.WriteArchive(archive, source, image); err != nil {
		return err
	}
	if push != "" {
		if err := oci.Push(ctx, push, kind.Suffix, image); err != nil {
			return err
		}
	}
	digest, err := image.Digest()
	if err != nil {
		return err
	}
	fmt.Println(archive, digest)
	return nil
}
