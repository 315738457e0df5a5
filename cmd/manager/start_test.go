package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/go-logr/logr/testr"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"

	"github.com/fargate-operator/fargate-operator/internal/test/eventually"
)

// flaky is the API server behind an address at which it can be away.
type flaky struct {
	proxy httputil.ReverseProxy
	there atomic.Bool
	asked atomic.Int32 // how often it was asked while it was away
}

func (f *flaky) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !f.there.Load() {
		f.asked.Add(1)
		panic(http.ErrAbortHandler) // This closes the connection without an answer.
	}
	f.proxy.ServeHTTP(w, r)
}

// startFlaky returns an API server that is away, and makes the manager use it.
func startFlaky(t *testing.T) *flaky {
	t.Helper()
	config := env.Config()
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	host, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	f := &flaky{proxy: httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(host) },
		Transport:     transport,
		FlushInterval: -1, // Watches are read as they are written.
	}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	content := fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: c,
		contexts: [{name: c, context: {cluster: c}}], clusters: [{name: c, cluster: {server: %q}}]}`, server.URL)
	if err := os.WriteFile(kubeconfig, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", kubeconfig)
	return f
}

// status asks a probe. It is 0 while nothing answers.
func status(t *testing.T, address, probe string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+probe, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

func TestServe_APIServerIsAway_WaitsForItAndAnswersProbes(t *testing.T) {
	server := startFlaky(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	o := nowhere()
	o.namespace, o.probeAddress = env.NewNamespace(t), listener.Addr().String()
	o.leaderElect = true
	config, err := apiServer()
	if err != nil {
		t.Fatal(err)
	}
	options, err := o.manager(testr.New(t))
	if err != nil {
		t.Fatal(err)
	}
	options.Controller.SkipNameValidation = ptr.To(true) // Each test has its own controllers.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- o.serve(ctx, config, options) }()

	eventually.Holds(t, "the manager has asked the API server twice", func() bool { return server.asked.Load() > 1 })
	eventually.Holds(t, "the manager is alive", func() bool { return status(t, o.probeAddress, "/healthz") == http.StatusOK })
	if got := status(t, o.probeAddress, "/readyz"); got != http.StatusInternalServerError {
		t.Errorf("/readyz answers %d while the API server is away", got)
	}
	server.there.Store(true)
	eventually.Holds(t, "the manager is ready", func() bool { return status(t, o.probeAddress, "/readyz") == http.StatusOK })
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the manager ended with %v", err)
	}
}
