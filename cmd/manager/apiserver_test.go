package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/http/httpproxy"
	"k8s.io/client-go/rest"

	"github.com/fargate-operator/fargate-operator/internal/version"
)

func TestAPIServer_IsToldTheVersion(t *testing.T) {
	agents := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { agents <- r.UserAgent() }))
	t.Cleanup(server.Close)
	response, err := askAPIServer(t, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if got, want := <-agents, "fargate-operator/"+version.Version; got != want {
		t.Errorf("user agent %q, want %q", got, want)
	}
}

// The proxy is one that does not know the cluster. Another error of the manager
// than this one goes the same way.
func TestAPIServer_ProxyRefuses_IsNamed(t *testing.T) {
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	t.Cleanup(proxy.Close)
	t.Setenv("HTTPS_PROXY", strings.Replace(proxy.URL, "http://", "http://user:s3cret@", 1))
	t.Setenv("NO_PROXY", "")
	response, err := askAPIServer(t, "https://10.0.0.1")
	if err == nil {
		response.Body.Close()
		t.Fatal("the API server has answered")
	}
	want := "Forbidden (through the proxy " + proxy.URL + " of HTTPS_PROXY, as NO_PROXY does not name 10.0.0.1)"
	if !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("%q does not say %q", err, want)
	}
}

// askAPIServer sends a request to a server as the manager does.
func askAPIServer(t *testing.T, server string) (*http.Response, error) {
	t.Helper()
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	content := `{apiVersion: v1, kind: Config, current-context: c,
		contexts: [{name: c, context: {cluster: c}}], clusters: [{name: c, cluster: {server: "` + server + `"}}]}`
	if err := os.WriteFile(kubeconfig, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", kubeconfig)
	config, err := apiServer()
	if err != nil {
		t.Fatal(err)
	}
	// The proxies that client-go has read from the environment may be older.
	config.Proxy = func(request *http.Request) (*url.URL, error) {
		return httpproxy.FromEnvironment().ProxyFunc()(request.URL)
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	return client.Get(config.Host)
}
