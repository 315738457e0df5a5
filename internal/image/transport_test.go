package image

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// setProxy sets the environment's proxy, and nothing else of the machine's own.
func setProxy(t *testing.T, address string) {
	t.Helper()
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"} {
		t.Setenv(name, "")
	}
	t.Setenv("HTTPS_PROXY", address)
}

// startProxy connects every client to the registry, whatever it asks for, or
// refuses all.
func startProxy(t *testing.T, to string, connected *atomic.Int32) *httptest.Server {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if to == "" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		upstream, err := net.Dial("tcp", to)
		if err != nil {
			t.Error(err)
			return
		}
		w.WriteHeader(http.StatusOK)
		client, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		connected.Add(1)
		go func() {
			_, _ = io.Copy(upstream, client)
			_ = upstream.Close()
		}()
		_, _ = io.Copy(client, upstream)
		_ = client.Close()
	}))
	t.Cleanup(proxy.Close)
	return proxy
}

// The certificate of httptest is also one for *.example.com. The proxy is on this
// machine, where no registry may be.
func TestLook_Proxy_IsUsedAndNamed(t *testing.T) {
	g := startRegistry(t)
	g.push("app:1", newImage(t, amd64, v1.Config{}))
	var connected atomic.Int32
	proxy := startProxy(t, g.host(), &connected)
	setProxy(t, "http://user:s3cret@"+proxy.Listener.Addr().String())
	r, err := NewRegistries(Config{CABundle: g.bundle()})
	if err != nil {
		t.Fatal(err)
	}
	r.pause = 1
	if _, err := r.Look(t.Context(), Query{Image: "registry.example.com/app:1", Platform: LinuxAMD64}); err != nil {
		t.Error(err)
	}
	if connected.Load() == 0 {
		t.Error("the proxy was not used")
	}
	_, err = r.Look(t.Context(), Query{Image: "registry.example.com/app:2", Platform: LinuxAMD64})
	wantFault(t, err, NotFound, "through the proxy http://"+proxy.Listener.Addr().String()+" of HTTPS_PROXY")

	setProxy(t, "http://user:s3cret@"+startProxy(t, "", nil).Listener.Addr().String())
	if r, err = NewRegistries(Config{CABundle: g.bundle()}); err != nil {
		t.Fatal(err)
	}
	r.pause = 1
	_, err = r.Look(t.Context(), Query{Image: "registry.example.com/app:1", Platform: LinuxAMD64})
	wantFault(t, err, RegistryUnavailable, "the connection fails (through the proxy http://")
	if strings.Contains(err.Error()+faultOf(err).Detail, "s3cret") {
		t.Errorf("%v has the proxy's password", err)
	}

	setProxy(t, "http://user:s3cret@pro%zz")
	if r, err = NewRegistries(Config{CABundle: g.bundle()}); err != nil {
		t.Fatal(err)
	}
	r.pause = 1
	_, err = r.Look(t.Context(), Query{Image: "registry.example.com/app:1", Platform: LinuxAMD64})
	wantFault(t, err, RegistryUnavailable, "its registry cannot be asked")
	if strings.Contains(err.Error()+faultOf(err).Detail, "s3cret") {
		t.Errorf("%v has the proxy's password", err)
	}
}

// What NO_PROXY names is inside.
func TestLook_RegistryBehindTheProxyRefersToWhatIsNot_IsRefused(t *testing.T) {
	g, internal := startRegistry(t), startRegistry(t)
	g.breakWith(func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("WWW-Authenticate", `Bearer realm="https://internal.example.com/token"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	})
	var connected atomic.Int32
	setProxy(t, "http://"+startProxy(t, g.host(), &connected).Listener.Addr().String())
	t.Setenv("NO_PROXY", "internal.example.com")
	r := g.client()
	for _, route := range []*http.Transport{r.routes.straight, r.routes.public} {
		dial := route.DialContext
		route.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dial(ctx, network, internal.host())
		}
	}
	_, err := r.Look(t.Context(), Query{Image: "registry.example.com/app:1", Platform: LinuxAMD64})
	wantFault(t, err, RegistryUnavailable, "refers to a private one")
	if asked := internal.asked(); len(asked) > 0 || connected.Load() == 0 {
		t.Errorf("the internal service was asked for %v; %d connections through the proxy", asked, connected.Load())
	}
}

func TestNewRegistries_BundleWithoutCertificates_SaysSo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for bundle, want := range map[string]string{file: file + " has no certificate in PEM form", file + "x": "no such file"} {
		if _, err := NewRegistries(Config{CABundle: bundle}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
