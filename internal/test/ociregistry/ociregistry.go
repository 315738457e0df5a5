// Package ociregistry is a container registry on this machine, for tests. It can
// demand a log-in and fail on request.
package ociregistry

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Config says how a registry behaves. Its zero value is open to everybody.
type Config struct {
	// Username and Password are those of the only user. Empty means that nobody has
	// to log in.
	Username, Password string
}

// Registry is a running registry. Its methods may be called concurrently.
type Registry struct {
	config  Config
	host    string
	http    *http.Server
	storage http.Handler
	served  chan error

	mu     sync.Mutex
	faults map[Part][]int
	sent   map[Part]int
}

// Part is a part of an image as clients ask for it.
type Part string

// The parts of an image: the manifest, and what that names: layers and
// configuration.
const (
	Manifest Part = "manifests"
	Blob     Part = "blobs"
)

const readHeaderTimeout = 10 * time.Second

// Start starts a registry on a free loopback port. The caller must Close it.
func Start(config Config) (*Registry, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for pulls: %w", err)
	}
	r := &Registry{
		config:  config,
		host:    listener.Addr().String(),
		storage: registry.New(registry.Logger(log.New(io.Discard, "", 0))),
		served:  make(chan error, 1),
		faults:  make(map[Part][]int),
		sent:    make(map[Part]int),
	}
	r.http = &http.Server{Handler: http.HandlerFunc(r.serve), ReadHeaderTimeout: readHeaderTimeout}
	go func() { r.served <- r.http.Serve(listener) }()
	return r, nil
}

// Close stops the registry.
func (r *Registry) Close() error {
	err := r.http.Close()
	if served := <-r.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// Name is the whole name of an image in the registry: of "tools:1", for example
// "127.0.0.1:40000/tools:1".
func (r *Registry) Name(image string) string { return r.host + "/" + image }

// Push stores an image under a name such as "tools:1" and returns its whole name.
func (r *Registry) Push(image string, content v1.Image) (reference string, err error) {
	reference = r.Name(image)
	ref, err := name.ParseReference(reference)
	if err != nil {
		return "", fmt.Errorf("the image's name: %w", err)
	}
	auth := authn.FromConfig(authn.AuthConfig{Username: r.config.Username, Password: r.config.Password})
	if r.config.Username == "" {
		auth = authn.Anonymous
	}
	if err := remote.Write(ref, content, remote.WithAuth(auth)); err != nil {
		return "", fmt.Errorf("pushing %s: %w", reference, err)
	}
	return reference, nil
}

// FailNext answers the next times requests for a part of any image with an HTTP
// status.
func (r *Registry) FailNext(part Part, times, status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for range times {
		r.faults[part] = append(r.faults[part], status)
	}
}

// Sent returns how many times clients have got a part of any image.
func (r *Registry) Sent(part Part) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sent[part]
}

func (r *Registry) serve(w http.ResponseWriter, request *http.Request) {
	if username, password, _ := request.BasicAuth(); username != r.config.Username || password != r.config.Password {
		w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
		http.Error(w, "log in first", http.StatusUnauthorized)
		return
	}
	if request.Method == http.MethodGet {
		if status := r.count(request.URL.Path); status != 0 {
			http.Error(w, "failed on request", status)
			return
		}
	}
	r.storage.ServeHTTP(w, request)
}

// count counts a download, or returns the status with which it has to fail.
func (r *Registry) count(path string) (status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, part := range []Part{Manifest, Blob} {
		if !strings.Contains(path, "/"+string(part)+"/") {
			continue
		}
		if faults := r.faults[part]; len(faults) > 0 {
			r.faults[part] = faults[1:]
			return faults[0]
		}
		r.sent[part]++
	}
	return 0
}
