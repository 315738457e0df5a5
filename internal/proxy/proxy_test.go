package proxy

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// setProxies sets the environment, and nothing else of the machine's own.
func setProxies(t *testing.T, environ map[string]string) {
	t.Helper()
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "REQUEST_METHOD"} {
		t.Setenv(name, environ[name])
	}
}

func TestFor_NamesProxyVariableAndHost(t *testing.T) {
	for name, test := range map[string]struct {
		environ map[string]string
		target  string
		want    string
	}{
		"none": {target: "https://10.0.0.1:6443"},
		"https": {
			map[string]string{"HTTPS_PROXY": "http://proxy:3128"},
			"https://10.0.0.1:6443/apis",
			"through the proxy http://proxy:3128 of HTTPS_PROXY, as NO_PROXY does not name 10.0.0.1",
		},
		"lower case": {
			map[string]string{"https_proxy": "proxy:3128"},
			"https://[fd00::1]",
			"through the proxy http://proxy:3128 of https_proxy, as NO_PROXY does not name fd00::1",
		},
		"http": {
			map[string]string{"HTTP_PROXY": "http://one", "HTTPS_PROXY": "http://two"},
			"http://169.254.169.254/latest",
			"through the proxy http://one of HTTP_PROXY, as NO_PROXY does not name 169.254.169.254",
		},
		"another scheme's":  {map[string]string{"HTTP_PROXY": "http://one"}, "https://10.0.0.1", ""},
		"named in NO_PROXY": {map[string]string{"HTTPS_PROXY": "http://proxy", "NO_PROXY": "10.0.0.0/8"}, "https://10.0.0.1", ""},
		"with a password": {
			map[string]string{"HTTPS_PROXY": "http://us%40er:s3cret@proxy:3128"},
			"https://ecs.eu-central-1.amazonaws.com",
			"through the proxy http://proxy:3128 of HTTPS_PROXY, as NO_PROXY does not name ecs.eu-central-1.amazonaws.com",
		},
	} {
		t.Run(name, func(t *testing.T) {
			setProxies(t, test.environ)
			target, err := url.Parse(test.target)
			if err != nil {
				t.Fatal(err)
			}
			if got := For(target); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestOf_ReadsTheRequestFromTheError(t *testing.T) {
	setProxies(t, map[string]string{"HTTPS_PROXY": "http://proxy:3128"})
	refused := fmt.Errorf("sending: %w", &url.Error{Op: "Post", URL: "https://10.0.0.1/x", Err: errors.New("Forbidden")})
	if got := Of(refused); !strings.Contains(got, "http://proxy:3128 of HTTPS_PROXY") {
		t.Errorf("got %q", got)
	}
	if got := Of(errors.New("no request")); got != "" {
		t.Errorf("got %q", got)
	}
}

// The proxy is one that refuses, as it does for hosts that are not its business.
func TestNaming_ProxyRefuses_NamesIt(t *testing.T) {
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer refusing.Close()
	through, err := url.Parse(refusing.URL)
	if err != nil {
		t.Fatal(err)
	}
	setProxies(t, map[string]string{"HTTPS_PROXY": "http://user:s3cret@" + through.Host})
	client := http.Client{Transport: Naming(&http.Transport{Proxy: http.ProxyURL(through)})}
	response, err := client.Get("https://10.0.0.1:6443/api")
	if err == nil {
		_ = response.Body.Close()
		t.Fatal("the proxy did not refuse")
	}
	want := fmt.Sprintf(`Get "https://10.0.0.1:6443/api": Forbidden (through the proxy http://%s of HTTPS_PROXY, as NO_PROXY does not name 10.0.0.1)`, through.Host)
	if err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}
