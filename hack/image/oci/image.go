// Package oci builds the container image without a container engine: an OCI image index with one image for every
// architecture, the same bytes for the same source.
package oci

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/fargate-operator/fargate-operator/hack/compile"
)

// rootsFile is where Go programs look for certificate authorities.
const rootsFile = "etc/ssl/certs/ca-certificates.crt"

// Build builds an image from the binaries that compile.All has put into a directory.
func Build(kind Kind, source compile.Source, architectures []string, dir string) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, architecture := range architectures {
		image, err := build(kind, source, architecture, dir)
		if err != nil {
			return nil, fmt.Errorf("making the image for %s: %w", architecture, err)
		}
		platform := v1.Platform{OS: "linux", Architecture: architecture}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add:        image,
			Descriptor: v1.Descriptor{Platform: &platform},
		})
	}
	annotated, ok := mutate.Annotations(index, kind.labels(source)).(v1.ImageIndex)
	if !ok {
		return nil, fmt.Errorf("annotating the image index: got a %T", annotated)
	}
	return annotated, nil
}

func build(kind Kind, source compile.Source, architecture, dir string) (v1.Image, error) {
	var files []file
	if kind.roots {
		files = append(files, file{path: rootsFile, mode: readable, content: roots()})
	}
	for _, program := range kind.programs {
		content, err := os.ReadFile(filepath.Join(dir, compile.File(program, architecture)))
		if err != nil {
			return nil, err
		}
		files = append(files, file{path: path.Join(kind.dir, program), mode: executable, content: content})
	}
	layer, err := newLayer(source, files)
	if err != nil {
		return nil, err
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.ConfigFile(base, &v1.ConfigFile{
		OS:           "linux",
		Architecture: architecture,
		Created:      v1.Time{Time: source.Time},
		Config:       kind.config(source),
		RootFS:       v1.RootFS{Type: "layers"},
	})
	if err != nil {
		return nil, err
	}
	return mutate.Append(image, mutate.Addendum{
		Layer:   layer,
		History: v1.History{Created: v1.Time{Time: source.Time}, CreatedBy: "hack/image"},
	})
}

func newLayer(source compile.Source, files []file) (v1.Layer, error) {
	var archive bytes.Buffer
	if err := writeTar(&archive, source.Time, files); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(archive.Bytes())), nil
	}, tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
}

// config says what runs in a container, and as which user. The Dockerfile says the same.
func (k Kind) config(source compile.Source) v1.Config {
	return v1.Config{
		User:       k.user,
		Entrypoint: []string{k.command()},
		Env:        k.env,
		Labels:     k.labels(source),
	}
}

// labels are those of https://specs.opencontainers.org/image-spec/annotations/.
func (k Kind) labels(source compile.Source) map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":       k.title,
		"org.opencontainers.image.description": k.description,
		"org.opencontainers.image.source":      "https://github.com/fargate-operator/fargate-operator",
		"org.opencontainers.image.licenses":    "Apache-2.0",
		"org.opencontainers.image.version":     source.Version,
		"org.opencontainers.image.revision":    source.Commit,
	}
}
