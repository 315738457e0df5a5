package image

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/fargate-operator/fargate-operator/internal/proxy"
)

// maxAnswer is how long the body of an answer may be, in bytes. Source:
// "Pushing manifests" in the OCI distribution specification asks registries for
// 4 MiB; a configuration is far smaller.
const maxAnswer = 4 << 20

// Of the connections to registries.
const (
	maxIdle     = 32
	maxHeaders  = 64 << 10
	idleTimeout = 30 * time.Second
)

// routes are the ways to registries: straight, and through the proxy of the
// environment.
type routes struct {
	straight, proxied *http.Transport
	proxy             func(*url.URL) (*url.URL, error)
}

func newRoutes(cfg Config) (*routes, error) {
	roots, err := authorities(cfg.CABundle)
	if err != nil {
		return nil, err
	}
	r := &routes{straight: newTransport(roots), proxied: newTransport(roots), proxy: httpproxy.FromEnvironment().ProxyFunc()}
	r.straight.DialContext = guardedDialer(cfg.Loopback).DialContext
	r.proxied.Proxy = func(request *http.Request) (*url.URL, error) { return r.proxy(request.URL) }
	return r, nil
}

func newTransport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           maxIdle,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHeaders,
	}
}

// authorities returns the system's certificate authorities, or those of
// SSL_CERT_FILE, and those of a file in addition. Nil means the system's.
func authorities(bundle string) (*x509.CertPool, error) {
	if bundle == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(bundle)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate authorities of registries: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("reading the system's certificate authorities: %w", err)
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("reading the certificate authorities of registries: %s has no certificate in PEM form", bundle)
	}
	return roots, nil
}

// errPlainHTTP refuses what would not be encrypted. Fargate does not pull so
// either.
var errPlainHTTP = errors.New("registries are asked over HTTPS only")

// maxRequests is how many requests a try may take: about five, and the
// redirections of each. A registry may not keep us busy for longer.
const maxRequests = 20

var errTooMany = errors.New("it redirects without end")

// guard makes the requests of one try.
type guard struct {
	*routes
	host *host
	now  func() time.Time
	made atomic.Int32
}

func (g *guard) RoundTrip(request *http.Request) (*http.Response, error) {
	if g.made.Add(1) > maxRequests {
		return nil, errTooMany
	}
	if request.URL.Scheme != "https" {
		return nil, errPlainHTTP
	}
	through, err := g.proxy(request.URL)
	if err != nil {
		return nil, proxy.WithoutCredentials(err, httpproxy.FromEnvironment().HTTPSProxy)
	}
	route := g.straight
	if through != nil {
		route = g.proxied
	}
	response, err := route.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusTooManyRequests {
		g.host.rest(retryAfter(response, g.now()))
	}
	response.Body = http.MaxBytesReader(nil, response.Body, maxAnswer)
	return response, nil
}
