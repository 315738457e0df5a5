package oci

import (
	"archive/tar"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

func digestOf(t *testing.T, index v1.ImageIndex) string {
	t.Helper()
	digest, err := index.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}

func TestPush_RegistryServesEachPlatform(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	reference := strings.TrimPrefix(server.URL, "http://") + "/ci/fargate-operator:v1.2.3"
	index := newImage(t)
	if err := Push(t.Context(), reference, "", index); err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	served, err := remote.Index(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(served); err != nil {
		t.Error(err)
	}
	if got, want := digestOf(t, served), digestOf(t, index); got != want {
		t.Errorf("the registry has %s, want %s", got, want)
	}
	image, err := remote.Image(ref, remote.WithPlatform(v1.Platform{OS: "linux", Architecture: "arm64"}))
	if err != nil {
		t.Fatal(err)
	}
	if got := readLayer(t, image)["usr/local/bin/fargate"].content; got != "fargate-linux-arm64" {
		t.Errorf("an arm64 node gets %q", got)
	}
}

func TestPush_Suffix_FollowsTheName(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	if err := Push(t.Context(), host+"/ci/fargate-operator:v1.2.3", Agent().Suffix, newImageOf(t, Agent())); err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(host + "/ci/fargate-operator-agent:v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := remote.Index(ref); err != nil {
		t.Errorf("the agent is not there: %v", err)
	}
}

func TestPush_ReferenceWithoutRegistry_SaysHowToWriteIt(t *testing.T) {
	err := Push(t.Context(), "fargate-operator", "", newImage(t))
	if err == nil || !strings.Contains(err.Error(), "write it as REGISTRY/NAME:TAG") {
		t.Errorf("got %v, want a message that says how to write a reference", err)
	}
}

func TestWriteArchive_IsAnOCILayoutNamedByVersion(t *testing.T) {
	index := newImage(t)
	archive := filepath.Join(t.TempDir(), "image.tar")
	if err := WriteArchive(archive, source, index); err != nil {
		t.Fatal(err)
	}
	outer, err := layout.ImageIndexFromPath(extract(t, archive))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(outer); err != nil {
		t.Error(err)
	}
	manifest, err := outer.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	if len(manifest.Manifests) != 1 {
		t.Fatalf("%d images in the archive, want 1", len(manifest.Manifests))
	}
	got := manifest.Manifests[0]
	if got.Digest.String() != digestOf(t, index) || got.Annotations["org.opencontainers.image.ref.name"] != "v1.2.3" {
		t.Errorf("the archive has %s %v, want %s named v1.2.3", got.Digest, got.Annotations, digestOf(t, index))
	}
}

func extract(t *testing.T, archive string) string {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	dir := t.TempDir()
	reader := tar.NewReader(file)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return dir
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, header.Name)
		if header.Typeflag == tar.TypeDir {
			err = os.Mkdir(path, 0o700)
		} else {
			var content []byte
			if content, err = io.ReadAll(reader); err == nil {
				err = os.WriteFile(path, content, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
