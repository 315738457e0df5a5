package image

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// testRegistry is a real registry over HTTPS, whose answers a test can replace.
type testRegistry struct {
	*httptest.Server
	t    *testing.T
	real http.Handler

	mu     sync.Mutex
	counts map[string]int
	// fault answers a request, unless it returns false.
	fault func(w http.ResponseWriter, r *http.Request) bool
}

func startRegistry(t *testing.T) *testRegistry {
	t.Helper()
	g := &testRegistry{t: t, real: registry.New(registry.Logger(log.New(io.Discard, "", 0))), counts: map[string]int{}}
	g.Server = httptest.NewUnstartedServer(g)
	g.Config.ErrorLog = log.New(io.Discard, "", 0)
	g.StartTLS()
	t.Cleanup(g.Close)
	return g
}

func (g *testRegistry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.counts[kindOf(r)]++
	fault := g.fault
	g.mu.Unlock()
	if fault == nil || !fault(w, r) {
		g.real.ServeHTTP(w, r)
	}
}

// kindOf is the method and what is asked for, such as "GET manifests".
func kindOf(r *http.Request) string {
	for _, kind := range []string{"manifests", "blobs"} {
		if strings.Contains(r.URL.Path, "/"+kind+"/") {
			return r.Method + " " + kind
		}
	}
	return r.Method + " " + r.URL.Path
}

// breakWith has the fault answer from now on; nil ends that.
func (g *testRegistry) breakWith(fault func(w http.ResponseWriter, r *http.Request) bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.fault = fault
}

// asked returns how often each kind of request has been made, and starts to count
// from zero.
func (g *testRegistry) asked() map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	counts := g.counts
	g.counts = map[string]int{}
	return counts
}

// host is the registry's in the names of images.
func (g *testRegistry) host() string { return g.Listener.Addr().String() }

func (g *testRegistry) ref(path string) name.Reference {
	g.t.Helper()
	ref, err := name.ParseReference(g.host() + "/" + path)
	if err != nil {
		g.t.Fatal(err)
	}
	return ref
}

func (g *testRegistry) push(path string, img v1.Image) {
	g.t.Helper()
	if err := remote.Write(g.ref(path), img, remote.WithTransport(g.Client().Transport)); err != nil {
		g.t.Fatal(err)
	}
	g.asked()
}

func (g *testRegistry) pushIndex(path string, index v1.ImageIndex) {
	g.t.Helper()
	if err := remote.WriteIndex(g.ref(path), index, remote.WithTransport(g.Client().Transport)); err != nil {
		g.t.Fatal(err)
	}
	g.asked()
}

// bundle is a file with the registry's certificate.
func (g *testRegistry) bundle() string {
	g.t.Helper()
	file := filepath.Join(g.t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: g.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		g.t.Fatal(err)
	}
	return file
}

// client looks at images in the registry, without pauses worth mentioning.
func (g *testRegistry) client() *Registries {
	g.t.Helper()
	r, err := NewRegistries(Config{CABundle: g.bundle(), Loopback: true})
	if err != nil {
		g.t.Fatal(err)
	}
	r.pause = 1
	return r
}

func (g *testRegistry) look(r *Registries, path string) (*Details, error) {
	return r.Look(g.t.Context(), Query{Image: g.host() + "/" + path, Platform: LinuxAMD64})
}

// newImage has two small layers and what a test says.
func newImage(t *testing.T, platform v1.Platform, config v1.Config) v1.Image {
	t.Helper()
	img, err := random.Image(1000, 2)
	if err != nil {
		t.Fatal(err)
	}
	file, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Variant, file.Config = platform.OS, platform.Architecture, platform.Variant, config
	img, err = mutate.ConfigFile(img, file)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

var (
	amd64 = v1.Platform{OS: "linux", Architecture: "amd64"}
	arm64 = v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}
)

// newIndex has the images with the platforms that their configurations say.
func newIndex(t *testing.T, images ...v1.Image) v1.ImageIndex {
	t.Helper()
	var index v1.ImageIndex = empty.Index
	for _, img := range images {
		file, err := img.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: file.Platform()}})
	}
	return index
}

func digestOf(t *testing.T, of interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	digest, err := of.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}
