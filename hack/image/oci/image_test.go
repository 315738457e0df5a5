package oci

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"

	"github.com/fargate-operator/fargate-operator/hack/compile"
)

var source = compile.Source{
	Version: "v1.2.3",
	Commit:  "0123456789abcdef0123456789abcdef01234567",
	Time:    time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
}

// binariesOf writes files in place of the programs: an image's build does not depend on their content.
func binariesOf(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, architecture := range compile.Architectures() {
		for _, program := range compile.Programs() {
			name := compile.File(program, architecture)
			if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

func newImage(t *testing.T) v1.ImageIndex {
	t.Helper()
	return newImageOf(t, Operator())
}

func newImageOf(t *testing.T, kind Kind) v1.ImageIndex {
	t.Helper()
	index, err := Build(kind, source, compile.Architectures(), binariesOf(t))
	if err != nil {
		t.Fatal(err)
	}
	return index
}

// forPlatform is the one image of an architecture, found as a container runtime finds it.
func forPlatform(t *testing.T, index v1.ImageIndex, architecture string) v1.Image {
	t.Helper()
	images, err := partial.FindImages(index, func(d v1.Descriptor) bool {
		return d.Platform.Satisfies(v1.Platform{OS: "linux", Architecture: architecture})
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(images) != 1 {
		t.Fatalf("%d images for %s, want 1", len(images), architecture)
	}
	return images[0]
}

// entry is what the headers of a layer say, and the contents in it.
type entry struct {
	mode    int64
	owner   string
	time    time.Time
	content string
}

func readLayer(t *testing.T, image v1.Image) map[string]entry {
	t.Helper()
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	if len(layers) != 1 {
		t.Fatalf("%d layers, want 1", len(layers))
	}
	uncompressed, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	entries := map[string]entry{}
	archive := tar.NewReader(uncompressed)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return entries
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		owner := fmt.Sprintf("%d:%d %s:%s", header.Uid, header.Gid, header.Uname, header.Gname)
		entries[header.Name] = entry{mode: header.Mode, owner: owner, time: header.ModTime.UTC(), content: string(content)}
	}
}

func TestBuild_HoldsProgramsAndRootsOfTheArchitecture(t *testing.T) {
	index := newImage(t)
	for _, architecture := range compile.Architectures() {
		t.Run(architecture, func(t *testing.T) {
			entries := readLayer(t, forPlatform(t, index, architecture))
			want := map[string]entry{}
			for _, directory := range []string{"etc/", "etc/ssl/", "etc/ssl/certs/", "usr/", "usr/local/", "usr/local/bin/"} {
				want[directory] = entry{mode: 0o755, owner: "0:0 :", time: source.Time}
			}
			want["etc/ssl/certs/ca-certificates.crt"] = entry{mode: 0o644, owner: "0:0 :", time: source.Time, content: string(roots())}
			want["usr/local/bin/fargate"] = entry{mode: 0o755, owner: "0:0 :", time: source.Time, content: "fargate-linux-" + architecture}
			want["usr/local/bin/manager"] = entry{mode: 0o755, owner: "0:0 :", time: source.Time, content: "manager-linux-" + architecture}
			if diff := cmp.Diff(want, entries, cmp.AllowUnexported(entry{})); diff != "" {
				t.Errorf("layer differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBuild_Agent_HoldsTheAgentAlone(t *testing.T) {
	index := newImageOf(t, Agent())
	for _, architecture := range compile.Architectures() {
		image := forPlatform(t, index, architecture)
		want := map[string]entry{"agent": {mode: 0o755, owner: "0:0 :", time: source.Time, content: "agent-linux-" + architecture}}
		if diff := cmp.Diff(want, readLayer(t, image), cmp.AllowUnexported(entry{})); diff != "" {
			t.Errorf("%s: layer differs (-want +got):\n%s", architecture, diff)
		}
		config, err := image.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if got := config.Config; got.Entrypoint[0] != "/agent" || got.User != "0:0" {
			t.Errorf("%s runs %q as %s", architecture, got.Entrypoint, got.User)
		}
	}
}

func TestBuild_SameSourceElsewhereAndLater_SameDigest(t *testing.T) {
	digests := make([]string, 0, 2)
	for range cap(digests) {
		index := newImage(t)
		digest, err := index.Digest()
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "image.tar")
		if err := WriteArchive(name, source, index); err != nil {
			t.Fatal(err)
		}
		archive, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		hash, _, err := v1.SHA256(bytes.NewReader(archive))
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest.String()+" in "+hash.String())
	}
	if digests[0] != digests[1] {
		t.Errorf("the image is %s and then %s", digests[0], digests[1])
	}
}

func TestBuild_MissingBinary_NamesIt(t *testing.T) {
	_, err := Build(Agent(), source, compile.Architectures(), t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "agent-linux-amd64") {
		t.Errorf("got %v, want the missing file's name", err)
	}
}

// The two ways to build an image must agree on how it runs and how it describes itself.
func TestConfig_Dockerfile_SaysTheSame(t *testing.T) {
	content, err := os.ReadFile("../../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	stages := strings.Split(string(content), "FROM scratch")
	for i, kind := range []Kind{Agent(), Operator()} {
		c := kind.config(compile.Source{Version: "${VERSION}", Commit: "${COMMIT}"})
		want := []string{
			"USER " + c.User + "\n",
			fmt.Sprintf("ENTRYPOINT [%q]", c.Entrypoint[0]),
			fmt.Sprintf("COPY --from=build /out/%s %s/\n", strings.Join(kind.programs, " /out/"), path.Join("/", kind.dir)),
		}
		for _, variable := range c.Env {
			want = append(want, "ENV "+variable+"\n")
		}
		if kind.roots {
			want = append(want, "/"+path.Dir(rootsFile)+"/\n")
		}
		for label, value := range c.Labels {
			want = append(want, fmt.Sprintf("%s=%q", label, value))
		}
		for _, text := range want {
			// The root directory has no slash after it.
			if text = strings.ReplaceAll(text, " //", " /"); !strings.Contains(stages[i+1], text) {
				t.Errorf("the stage of %s lacks %q", kind.File, text)
			}
		}
	}
}

func TestRoots_HoldThoseOfAWS(t *testing.T) {
	names := map[string]bool{}
	for block, rest := pem.Decode(roots()); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		names[certificate.Subject.CommonName] = true
	}
	// https://www.amazontrust.com/repository/ has the authorities that sign the certificates of AWS's endpoints.
	for _, name := range []string{"Amazon Root CA 1", "Amazon Root CA 2", "Amazon Root CA 3", "Amazon Root CA 4"} {
		if !names[name] {
			t.Errorf("%s is missing", name)
		}
	}
}
