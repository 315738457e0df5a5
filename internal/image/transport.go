package image

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// Of the connections to registries.
const (
	maxIdle     = 32
	maxHeaders  = 64 << 10
	idleTimeout = 30 * time.Second
	// tlsTimeout ends what a request leaves behind when it ends before its
	// connection has been made: that goes on without the request.
	tlsTimeout = 4 * time.Second
)

// routes are the ways to registries: straight, and through the proxy of the
// environment. Straight to what a registry refers to is apart, so that it uses no
// connection of another look to a private address.
type routes struct {
	straight, public, proxied *http.Transport
	proxy                     func(*url.URL) (*url.URL, error)
}

func newRoutes(cfg Config) (*routes, error) {
	roots, err := authorities(cfg.CABundle)
	if err != nil {
		return nil, err
	}
	r := &routes{
		straight: newTransport(roots), public: newTransport(roots), proxied: newTransport(roots),
		proxy: httpproxy.FromEnvironment().ProxyFunc(),
	}
	r.straight.DialContext = dialer(cfg.Loopback, false).DialContext
	r.public.DialContext = dialer(false, true).DialContext
	r.proxied.Proxy = func(request *http.Request) (*url.URL, error) { return r.proxy(request.URL) }
	return r, nil
}

func newTransport(roots *x509.CertPool) *http.Transport {
	return &http.Transport{
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           maxIdle,
		IdleConnTimeout:        idleTimeout,
		TLSHandshakeTimeout:    tlsTimeout,
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
