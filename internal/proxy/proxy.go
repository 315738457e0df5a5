// Package proxy names the HTTP proxy that a request goes through, for the errors
// of requests that fail: what a proxy refuses looks as if the server did. It
// never shows a proxy's user name and password.
package proxy

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"golang.org/x/net/http/httpproxy"
)

// For names the proxy that the environment sets for requests to a URL: a phrase
// such as "through the proxy http://proxy:3128 of HTTPS_PROXY, as NO_PROXY does
// not name 10.0.0.1". It is empty if there is none.
func For(target *url.URL) string {
	used, err := httpproxy.FromEnvironment().ProxyFunc()(target)
	if err != nil || used == nil {
		return ""
	}
	return fmt.Sprintf("through the proxy %s://%s of %s, as NO_PROXY does not name %s", used.Scheme, used.Host, variable(target.Scheme), target.Hostname())
}

// Of is For the request that failed with an error: one of net/http's, or one
// that wraps it.
func Of(err error) string {
	var request *url.Error
	if !errors.As(err, &request) {
		return ""
	}
	target, err := url.Parse(request.URL)
	if err != nil {
		return ""
	}
	return For(target)
}

// variables are those that set the proxy of a scheme, first to last.
var variables = map[string][]string{
	"https": {"HTTPS_PROXY", "https_proxy"},
	"http":  {"HTTP_PROXY", "http_proxy"},
}

func variable(scheme string) string {
	for _, name := range variables[scheme] {
		if os.Getenv(name) != "" {
			return name
		}
	}
	return ""
}

// told is an error with another text.
type told struct {
	text string
	err  error
}

func (t *told) Error() string { return t.text }

func (t *told) Unwrap() error { return t.err }

// Naming returns a transport whose errors name the proxy of the environment.
func Naming(next http.RoundTripper) http.RoundTripper { return &naming{next} }

type naming struct{ http.RoundTripper }

func (n *naming) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := n.RoundTripper.RoundTrip(request)
	if err == nil {
		return response, nil
	}
	if through := For(request.URL); through != "" {
		return response, &told{text: fmt.Sprintf("%s (%s)", err, through), err: err}
	}
	return response, err
}

// WrappedRoundTripper lets the Kubernetes client cancel requests.
func (n *naming) WrappedRoundTripper() http.RoundTripper { return n.RoundTripper }
