package image

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

type fault = func(http.ResponseWriter, *http.Request) bool

func answerWith(status int, contentType, body string) fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
		return true
	}
}

func answerJSON(status int, code, message string) fault {
	return answerWith(status, "application/json", fmt.Sprintf(`{"errors":[{"code":%q,"message":%q}]}`, code, message))
}

// only has the fault for requests whose path contains a text.
func only(path string, f fault) fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		return strings.Contains(r.URL.Path, path) && f(w, r)
	}
}

// anyNumber is for faults after which the HTTP client itself tries again, if it
// used an old connection.
const anyNumber = -1

// nothing is the manifest of an image whose configuration, which is in it, is a
// text.
const nothing = `{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":3,"data":"ImEi",` +
	`"digest":"sha256:ac8d8342bbb2362d13f0a559a3621bb407011368895164b628a54f7fc33fc43c"},"layers":[]}`

func TestLook_RegistryAnswersWithAFault_TellsWhoseItIs(t *testing.T) {
	t.Parallel()
	page := answerWith(http.StatusOK, "text/html", "<html>hidden page\n</html>")
	for name, test := range map[string]struct {
		fault  fault
		reason Reason
		want   string
		tries  int // at the path that fails
	}{
		"unknown tag":              {only("/manifests/", answerJSON(404, "MANIFEST_UNKNOWN", "manifest unknown")), NotFound, "MANIFEST_UNKNOWN: manifest unknown (correct the name and its tag", 1},
		"unknown repository":       {only("/manifests/", answerJSON(404, "NAME_UNKNOWN", "repository name not known")), NotFound, "NAME_UNKNOWN: repository name not known", 1},
		"bare 404":                 {only("/manifests/", answerWith(404, "text/plain", "nothing\x1b[31m")), NotFound, "it answers with the status 404 Not Found and says no more", 1},
		"configuration gone":       {only("/blobs/", answerJSON(404, "BLOB_UNKNOWN", "blob unknown")), NotFound, "BLOB_UNKNOWN", 1},
		"refused as invalid":       {only("/manifests/", answerJSON(400, "TAG_INVALID", "bad tag")), NotFound, "TAG_INVALID: bad tag", 1},
		"not a registry":           {answerWith(404, "text/html", "<html>"), NotFound, "is not a registry: it answers with the status 404", 1},
		"401":                      {only("/manifests/", answerJSON(401, "UNAUTHORIZED", "authentication required")), Denied, "it is not public: UNAUTHORIZED: authentication required (correct the name if the image does not exist; otherwise have an administrator", 1},
		"403":                      {only("/manifests/", answerJSON(403, "DENIED", "requested access to the resource is denied")), Denied, "DENIED: requested access to the resource is denied", 1},
		"403 for the blob":         {only("/blobs/", answerWith(403, "text/html", "<html>")), RegistryUnavailable, "its registry, or something on the way to it, refuses to be asked: it answers with the status 403 Forbidden", 1},
		"500":                      {answerWith(500, "text/html", "<html>hidden page</html>"), RegistryUnavailable, "status 500 Internal Server Error and says no more (try again later)", 3},
		"a long page":              {answerWith(500, "text/html", strings.Repeat("x", maxAnswer+1)), RegistryUnavailable, "status 500", 3},
		"503":                      {only("/manifests/", answerJSON(503, "UNAVAILABLE", "maintenance")), RegistryUnavailable, "UNAVAILABLE: maintenance", 3},
		"a page":                   {page, RegistryUnavailable, "answers with text/html and not with a manifest", 2},
		"a page as manifest":       {only("/manifests/", page), RegistryUnavailable, "answers with text/html and not with a manifest", 1},
		"an endless answer":        {only("/manifests/", answerWith(200, string(types.OCIManifestSchema1), strings.Repeat(" ", maxAnswer+1))), NotAnImage, "larger than 1 MiB", 1},
		"JSON without sense":       {only("/manifests/", answerWith(200, "application/json", `{"a":1}`)), NotAnImage, "it is of the type application/json", 1},
		"manifest truncated":       {only("/manifests/", answerWith(200, string(types.OCIManifestSchema1), `{"schemaVersion":2,`)), NotAnImage, "its manifest cannot be read (use", 1},
		"configuration of nothing": {only("/manifests/", answerWith(200, string(types.OCIManifestSchema1), nothing)), NotAnImage, "its configuration cannot be read (use", 1},
		"unknown challenge": {func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("WWW-Authenticate", `Bearer service="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}, RegistryUnavailable, "its registry cannot be asked: its answer is not that of a registry", 3},
		"metadata as realm": {func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("WWW-Authenticate", `Bearer realm="https://169.254.169.254/latest"`)
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}, RegistryUnavailable, "its answer is not that of a registry", 3},
		"plain HTTP behind it": {only("/blobs/", func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, "http://registry.example.com/?signature=hidden", http.StatusTemporaryRedirect)
			return true
		}), RegistryUnavailable, "registries are asked over HTTPS only", 3},
		"redirections without end": {only("/blobs/", func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, r.URL.Path+"?signature=hidden", http.StatusTemporaryRedirect)
			return true
		}), RegistryUnavailable, "it redirects without end", 3 * (maxRequests - 2)},
		"cut off": {only("/blobs/", func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }), RegistryUnavailable, "cannot be asked: it ends the connection", anyNumber},
		"cut off within an answer": {only("/manifests/", func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte("{"))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}), RegistryUnavailable, "it ends the connection", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := startRegistry(t)
			g.push("app:1", newImage(t, amd64, v1.Config{}))
			var failed atomic.Int32
			g.breakWith(func(w http.ResponseWriter, r *http.Request) (answered bool) {
				defer func() {
					if broken := recover(); broken != nil {
						failed.Add(1)
						panic(broken)
					}
				}()
				if answered = test.fault(w, r); answered {
					failed.Add(1)
				}
				return answered
			})
			_, err := g.look(g.client(), "app:1")
			wantFault(t, err, test.reason, test.want)
			if strings.Contains(err.Error(), "hidden") {
				t.Errorf("%v repeats a page or a signed URL", err)
			}
			if got := int(failed.Load()); got != test.tries && test.tries != anyNumber {
				t.Errorf("failed %d times, want %d", got, test.tries)
			}
		})
	}
}

func TestLook_TemporaryFault_IsTriedAgain(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	g.push("app:1", newImage(t, amd64, v1.Config{}))
	var failed atomic.Int32
	g.breakWith(only("/manifests/", func(w http.ResponseWriter, _ *http.Request) bool {
		if failed.Add(1) > 2 {
			return false
		}
		w.WriteHeader(http.StatusBadGateway)
		return true
	}))
	if _, err := g.look(g.client(), "app:1"); err != nil {
		t.Error(err)
	}
}

func TestLook_WrongPlatform_SaysWhichItHas(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	windows := v1.Platform{OS: "windows", Architecture: "amd64"}
	g.push("arm:1", newImage(t, arm64, v1.Config{}))
	g.push("none:1", newImage(t, v1.Platform{}, v1.Config{}))
	g.pushIndex("index:1", newIndex(t, newImage(t, arm64, v1.Config{}), newImage(t, windows, v1.Config{})))
	g.pushIndex("windows:1", newIndex(t, newImage(t, windows, v1.Config{})))
	g.pushIndex("empty:1", empty.Index)
	r := g.client()
	for path, want := range map[string]string{
		"arm:1":     "the tasks run on linux/amd64, and the image is for linux/arm64/v8 (use an image for linux/amd64",
		"none:1":    "the image is for no platform",
		"index:1":   "the image is for linux/arm64/v8, windows/amd64",
		"windows:1": "the image is for windows/amd64",
		"empty:1":   "the image is for no platform",
	} {
		_, err := g.look(r, path)
		wantFault(t, err, WrongPlatform, want)
	}
}

func TestLook_SomethingElseThanAnImage_SaysWhat(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	img := newImage(t, amd64, v1.Config{})
	g.push("chart:1", mutate.ConfigMediaType(img, "application/vnd.cncf.helm.config.v1+json"))
	long := newImage(t, amd64, v1.Config{Env: []string{"PATH=" + strings.Repeat("x", maxDetails+1)}})
	g.push("long:1", long)
	g.push("many:1", newImage(t, amd64, v1.Config{Cmd: make([]string, maxDetails/stringSize+1)}))
	ports := map[string]struct{}{}
	for port := range maxValues / 4 {
		ports[strconv.Itoa(port+1)] = struct{}{}
	}
	g.push("ports:1", newImage(t, amd64, v1.Config{ExposedPorts: ports, User: strings.Repeat("x", maxDetails-2*len(ports)+1)}))
	inner := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: newIndex(t, img)})
	g.pushIndex("deep:1", mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: inner}))
	r := g.client()
	for path, want := range map[string]string{
		"chart:1": "it is of the type application/vnd.cncf.helm.config.v1+json (use the name of a container image",
		"long:1":  "its entry point, command, ports and names of variables take more than the 32 KiB that are kept of an image",
		"many:1":  "take more than the 32 KiB",
		"ports:1": "take more than the 32 KiB",
		"deep:1":  "an index of indexes without end",
	} {
		_, err := g.look(r, path)
		wantFault(t, err, NotAnImage, want)
	}
	g.breakWith(only("/manifests/", answerWith(200, string(types.DockerManifestSchema1Signed), `{"schemaVersion":1}`)))
	_, err := g.look(r, "old:1")
	wantFault(t, err, NotAnImage, "schema 1")
}

func TestLook_TooManyRequests_EverybodyLeavesTheRegistryAlone(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	g.push("app:1", newImage(t, amd64, v1.Config{}))
	g.push("other:1", newImage(t, amd64, v1.Config{}))
	g.breakWith(only("/manifests/", func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Retry-After", "120")
		return answerJSON(429, "TOOMANYREQUESTS", "slow down")(w, nil)
	}))
	r := g.client()
	c := r.setClock()
	until := c.Now().Add(2 * time.Minute)
	for _, path := range []string{"app:1", "other:1"} {
		_, err := g.look(r, path)
		wantFault(t, err, RegistryUnavailable, "its registry accepts no more requests until "+until.UTC().Format(time.RFC3339))
		if f := faultOf(err); !f.Until.Equal(until) {
			t.Errorf("%s: until %s, want %s", path, f.Until, until)
		}
	}
	if got := g.asked()["GET manifests"]; got != 1 {
		t.Errorf("asked %d times, want once", got)
	}
	g.breakWith(nil)
	c.pass(2 * time.Minute)
	if _, err := g.look(r, "other:1"); err != nil {
		t.Error(err)
	}
}

func TestLook_TooManyRequestsForAMoment_IsTriedAgain(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	g.push("app:1", newImage(t, amd64, v1.Config{}))
	var refused atomic.Bool
	g.breakWith(only("/manifests/", func(w http.ResponseWriter, _ *http.Request) bool {
		if refused.Swap(true) {
			return false
		}
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusTooManyRequests)
		return true
	}))
	if _, err := g.look(g.client(), "app:1"); err != nil {
		t.Error(err)
	}
}

func TestHosts_RegistryRestsForAMoment_IsAwaited(t *testing.T) {
	t.Parallel()
	h, until := newHosts(), time.Now().Add(10*time.Millisecond)
	h.use(key{}, time.Now()).rest(until)
	if _, err := h.enter(t.Context(), key{}, time.Now); err != nil || time.Now().Before(until) {
		t.Errorf("got %v, before the end of its rest", err)
	}
}

func TestLook_TooManyRequestsOfOne_OthersMayAsk(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	g.push("app:1", newImage(t, amd64, v1.Config{}))
	g.breakWith(func(w http.ResponseWriter, r *http.Request) bool {
		if _, _, named := r.BasicAuth(); !named {
			w.Header().Set("WWW-Authenticate", `Basic realm="registry"`)
			w.WriteHeader(http.StatusUnauthorized)
			return true
		}
		return g.refuseOne(w, r)
	})
	r := g.client()
	for _, user := range []string{"greedy", "modest"} {
		asker := asking{identity: user, login: NewLogin(user, password)}
		_, err := r.Look(t.Context(), Query{Image: g.host() + "/app:1", Platform: LinuxAMD64, Credentials: asker})
		if refused := err != nil; refused != (user == "greedy") {
			t.Errorf("%s: got %v", user, err)
		}
	}
}

func (g *testRegistry) refuseOne(w http.ResponseWriter, r *http.Request) bool {
	user, _, _ := r.BasicAuth()
	if user != "greedy" {
		return false
	}
	w.Header().Set("Retry-After", "120")
	w.WriteHeader(http.StatusTooManyRequests)
	return true
}

func TestHosts_ManyOthers_TheUsedAndTheRestingAreKept(t *testing.T) {
	t.Parallel()
	h, now := newHosts(), time.Now()
	used, resting := h.use(key{host: "used"}, now), h.use(key{host: "resting"}, now)
	resting.rest(now.Add(time.Minute))
	h.unuse(resting)
	for i := range 3 * maxHosts {
		h.unuse(h.use(key{host: strconv.Itoa(i)}, now))
	}
	if h.use(key{host: "used"}, now) != used || h.use(key{host: "resting"}, now) != resting {
		t.Error("a registry was forgotten")
	}
	for i := range 3 * maxHosts {
		other := h.use(key{host: strconv.Itoa(i), identity: "at rest"}, now)
		other.rest(now.Add(time.Minute))
		h.unuse(other)
	}
	if len(h.known) > maxHosts {
		t.Errorf("%d registries are remembered", len(h.known))
	}
	if h.use(key{host: "used"}, now) != used {
		t.Error("a registry in use was forgotten")
	}
}

func TestLook_CredentialsAreSlow_OthersAreNotHeldUp(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	g.push("app:1", newImage(t, amd64, v1.Config{}))
	r := g.client()
	slow := waiting{entered: make(chan struct{}), release: make(chan struct{})}
	var all sync.WaitGroup
	for i := range maxLooks {
		all.Go(func() {
			_, _ = r.Look(t.Context(), Query{Image: fmt.Sprintf("%s/app:%d", g.host(), i), Platform: LinuxAMD64, Credentials: slow})
		})
		<-slow.entered
	}
	if _, err := g.look(r, "app:1"); err != nil {
		t.Error(err)
	}
	close(slow.release)
	all.Wait()
}

// waiting is a class whose credentials come late.
type waiting struct{ entered, release chan struct{} }

func (waiting) Identity(Name) string { return "waiting" }

func (w waiting) Login(context.Context, Name) (Login, error) {
	w.entered <- struct{}{}
	<-w.release
	return Login{}, errors.New("too late")
}

func TestRetryAfter_SecondsDateOrNonsense_IsBounded(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	for value, want := range map[string]time.Duration{
		"7": 7 * time.Second, "": restTime, "soon": restTime, "-1": restTime, "99999999": maxRest,
		now.Add(time.Minute).UTC().Format(http.TimeFormat):    time.Minute,
		now.Add(24 * time.Hour).UTC().Format(http.TimeFormat): maxRest,
	} {
		if got := retryAfter(&http.Response{Header: http.Header{"Retry-After": {value}}}, now).Sub(now); got != want {
			t.Errorf("%q: got %s, want %s", value, got, want)
		}
	}
}

func TestLook_SilentRegistry_EndsAtTheLimit(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	g.breakWith(func(_ http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return true
	})
	r := g.client()
	r.limit = 100 * time.Millisecond
	_, err := g.look(r, "app:1")
	wantFault(t, err, RegistryUnavailable, "its registry has not answered within 10 seconds")
}

func TestLook_NoWayToTheRegistry_SaysWhy(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	g := startRegistry(t)
	unknown, err := NewRegistries(Config{Loopback: true})
	if err != nil {
		t.Fatal(err)
	}
	strict, err := NewRegistries(Config{CABundle: g.bundle()})
	if err != nil {
		t.Fatal(err)
	}
	lost := g.client()
	lost.routes.straight.DialContext = func(_ context.Context, network, _ string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: "registry.example.com", IsNotFound: true}}
	}
	for name, test := range map[string]struct {
		registries *Registries
		image      string
		reason     Reason
		want       string
	}{
		"nobody listens":        {g.client(), refusing + "/app", RegistryUnavailable, "it refuses the connection"},
		"unknown certificate":   {unknown, g.host() + "/app", RegistryUnavailable, "its certificate is not trusted here (an administrator can have its certificate authority trusted here"},
		"name does not resolve": {lost, "registry.example.com/app", RegistryUnavailable, "its name does not resolve (correct the registry in the image's name"},
		"this machine":          {strict, g.host() + "/app", InvalidName, "its registry has an address that only this machine or its network link has"},
		"this machine's name":   {strict, "localhost:1/app", InvalidName, "its registry has an address that only this machine"},
		"the machine's data":    {g.client(), "169.254.169.254/app", InvalidName, "its network link has"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := test.registries.Look(t.Context(), Query{Image: test.image, Platform: LinuxAMD64})
			wantFault(t, err, test.reason, test.want)
			if faultOf(err).Detail == "" {
				t.Error("the log has no cause")
			}
		})
	}
}
