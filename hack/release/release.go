package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/fargate-operator/fargate-operator/hack/compile"
	"github.com/fargate-operator/fargate-operator/hack/image/oci"
)

// release is a release that is being written to the output directory.
type release struct {
	source        compile.Source
	section       section
	architectures []string
	output        string

	image string // the digest
}

// make runs the steps in order. The checksums come last: an output directory without them is incomplete.
func (r *release) make(ctx context.Context) error {
	if err := os.Mkdir(r.output, 0o750); err != nil {
		return fmt.Errorf("creating the output directory: %w", err)
	}
	steps := []struct {
		what string
		make func(context.Context) error
	}{
		{"compile the programs", r.makeBinaries},
		{"list what is in the programs", r.makeSBOMs},
		{"make the image", r.makeImage},
		{"package the charts", r.makeCharts},
		{"write the manifests", r.makeManifests},
		{"write the release notes", r.makeNotes},
		{"write the checksums", r.makeChecksums},
	}
	for _, step := range steps {
		fmt.Println(step.what)
		if err := step.make(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return nil
}

// number is the version without its v, as in charts and the changelog.
func (r *release) number() string { return strings.TrimPrefix(r.source.Version, "v") }

// file is the path of a file of the release.
func (r *release) file(name string) string { return filepath.Join(r.output, name) }

func (r *release) write(name, content string) error {
	return os.WriteFile(r.file(name), []byte(content), 0o600)
}

func (r *release) makeBinaries(ctx context.Context) error {
	return compile.All(ctx, r.source, r.architectures, r.output)
}

func (r *release) makeImage(context.Context) error {
	image, err := oci.Build(r.source, r.architectures, r.output)
	if err != nil {
		return err
	}
	digest, err := image.Digest()
	if err != nil {
		return err
	}
	r.image = digest.String()
	return oci.WriteArchive(r.file("image.tar"), r.source, image)
}

func (r *release) makeNotes(context.Context) error {
	return r.write("RELEASE_NOTES.md", fmt.Sprintf("# Fargate Operator %s\n\n%s\n\nImage `%s`, made from commit %s with %s.\n",
		r.source.Version, r.section.text, r.image, r.source.Commit, runtime.Version()))
}
