package main

import (
	"flag"
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

func TestAPIServer_URLIsNotValid_KeepsItsPassword(t *testing.T) {
	for name, cluster := range map[string]string{
		"of the proxy":                  `server: "https://10.0.0.1", proxy-url: "http://user:s3cret@%zz"`,
		"of the proxy, in the password": `server: "https://10.0.0.1", proxy-url: "http://user:s3/cret@%zz"`,
		"of the server":                 `server: "https://user:s3cret@%zz"`,
	} {
		path := kubeconfigOf(t, cluster)
		for by, set := range map[string]func(t *testing.T){
			"KUBECONFIG": func(t *testing.T) { t.Helper(); t.Setenv("KUBECONFIG", path) },
			"the flag": func(t *testing.T) {
				t.Helper()
				t.Setenv("KUBECONFIG", "")
				if _, err := parseOptions([]string{"--namespace", "ci", "--kubeconfig", path}); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = flag.Set("kubeconfig", "") })
			},
		} {
			t.Run(name+", by "+by, func(t *testing.T) {
				set(t)
				_, err := apiServer()
				if err == nil || !strings.Contains(err.Error(), "://%zz") || strings.Contains(err.Error(), "s3") {
					t.Errorf("got %v", err)
				}
			})
		}
	}
}

// kubeconfigOf writes a kubeconfig with the given keys of its cluster.
func kubeconfigOf(t *testing.T, cluster string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	content := `{apiVersion: v1, kind: Config, current-context: c,
		contexts: [{name: c, context: {cluster: c}}], clusters: [{name: c, cluster: {` + cluster + `}}]}`
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// askAPIServer sends a request to a server as the manager does.
func askAPIServer(t *testing.T, server string) (*http.Response, error) {
	t.Helper()
	t.Setenv("KUBECONFIG", kubeconfigOf(t, `server: "`+server+`"`))
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
