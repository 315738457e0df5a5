package image

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"sync/atomic"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/fargate-operator/fargate-operator/internal/proxy"
)

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
	// registry is the host and the port of the registry's URLs.
	registry string
	now      func() time.Time
	made     atomic.Int32
	// isPublic is true after the registry was reached at a public address or
	// through the proxy. It may not have us ask private ones then, where its
	// author cannot go: the answer could be a token, which the registry gets.
	isPublic atomic.Bool
}

func (g *guard) RoundTrip(request *http.Request) (*http.Response, error) {
	if g.made.Add(1) > maxRequests {
		return nil, errTooMany
	}
	if request.URL.Scheme != "https" {
		return nil, errPlainHTTP
	}
	response, err := g.send(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusTooManyRequests {
		g.host.rest(retryAfter(response, g.now()))
	}
	if err := readAnswer(response); err != nil {
		return nil, err
	}
	return response, nil
}

func (g *guard) send(request *http.Request) (*http.Response, error) {
	through, err := g.proxy(request.URL)
	if err != nil {
		return nil, proxy.WithoutCredentials(err, httpproxy.FromEnvironment().HTTPSProxy)
	}
	isRegistry := request.URL.Host == g.registry
	switch {
	case through != nil:
		if isRegistry {
			g.isPublic.Store(true)
		}
		return g.proxied.RoundTrip(request)
	case isRegistry:
		return g.straight.RoundTrip(request.WithContext(httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{GotConn: g.seeAddress})))
	case g.isPublic.Load():
		return g.public.RoundTrip(request)
	default:
		return g.straight.RoundTrip(request)
	}
}

// seeAddress also sees the address of a connection that was there before.
func (g *guard) seeAddress(connection httptrace.GotConnInfo) {
	if to, err := netip.ParseAddrPort(connection.Conn.RemoteAddr().String()); err != nil || !isPrivate(canonical(to.Addr())) {
		g.isPublic.Store(true)
	}
}

// What an answer may have. Whoever reads it turns a few bytes of JSON into a
// structure of some hundred.
const (
	// maxAnswer is the length of its body in bytes if it has what was asked for. Images of a hundred layers
	// have a tenth of that.
	maxAnswer = 1 << 20
	// maxRefusal is what is read of any other answer, such as the page of a proxy.
	maxRefusal = 64 << 10
	// maxValues is the number of its values in JSON, with the names of fields
	// and the brackets. Images of a hundred layers have a tenth of that, too.
	maxValues = 20_000
)

// readAnswer puts the whole body into memory, unless a parser would need much more
// for it.
func readAnswer(response *http.Response) error {
	defer response.Body.Close()
	from := io.Reader(http.MaxBytesReader(nil, response.Body, maxAnswer))
	if response.StatusCode != http.StatusOK {
		from = io.LimitReader(response.Body, maxRefusal)
	}
	body, err := io.ReadAll(from)
	if err != nil {
		return err
	}
	if hasTooManyValues(body) {
		return tooLarge()
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// hasTooManyValues counts up to where a parser stops: at the end, or at what is
// not JSON.
func hasTooManyValues(body []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // which can be of any size
	for range maxValues {
		if _, err := decoder.Token(); err != nil {
			return false
		}
	}
	return true
}
