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

	digests []string // of the images, with their names
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
		{"make the images", r.makeImages},
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

func (r *release) makeImages(context.Context) error {
	for _, kind := range oci.Kinds() {
		built, err := oci.Build(kind, r.source, r.architectures, r.output)
		if err != nil {
			return err
		}
		digest, err := built.Digest()
		if err != nil {
			return err
		}
		r.digests = append(r.digests, fmt.Sprintf("- `%s%s@%s`", image, kind.Suffix, digest))
		if err := oci.WriteArchive(r.file(kind.File), r.source, built); err != nil {
			return err
		}
	}
	return nil
}

func (r *release) makeNotes(context.Context) error {
	return r.write("RELEASE_NOTES.md", fmt.Sprintf("# Fargate Operator %s\n\n%s\n\nImages, made from commit %s with %s:\n\n%s\n",
		r.source.Version, r.section.text, r.source.Commit, runtime.Version(), strings.Join(r.digests, "\n")))
}
