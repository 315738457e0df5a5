package oci

import (
	"fmt"
	"io/fs"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/fargate-operator/fargate-operator/hack/compile"
)

// WriteArchive writes the image as a tar file with an OCI image layout: what skopeo calls oci-archive. In it the
// image's name is its version.
func WriteArchive(name string, source compile.Source, image v1.ImageIndex) error {
	dir, err := os.MkdirTemp("", "image-")
	if err != nil {
		return fmt.Errorf("writing the image to %s: %w", name, err)
	}
	defer os.RemoveAll(dir)
	named := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{
		Add:        image,
		Descriptor: v1.Descriptor{Annotations: map[string]string{"org.opencontainers.image.ref.name": source.Version}},
	})
	if _, err := layout.Write(dir, named); err != nil {
		return fmt.Errorf("laying out the image: %w", err)
	}
	files, err := readFiles(os.DirFS(dir))
	if err != nil {
		return fmt.Errorf("reading the image's layout: %w", err)
	}
	archive, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("writing the image: %w", err)
	}
	defer archive.Close()
	if err := writeTar(archive, source.Time, files); err != nil {
		return fmt.Errorf("writing the image to %s: %w", name, err)
	}
	return archive.Close()
}

func readFiles(root fs.FS) ([]file, error) {
	var files []file
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, path)
		files = append(files, file{path: path, mode: readable, content: content})
		return err
	})
	return files, err
}
