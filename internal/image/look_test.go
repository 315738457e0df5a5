package image

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
)

func TestLook_Image_HasWhatATaskDefinitionNeeds(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	img := newImage(t, amd64, v1.Config{
		User: "70:70", WorkingDir: "/data", Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{"postgres"},
		Env:          []string{"PATH=/usr/local/bin:/bin", "PGDATA=/data", "EMPTY="},
		ExposedPorts: map[string]struct{}{"5432/tcp": {}, "53/udp": {}, "80": {}, "8000-8010/tcp": {}, "x": {}},
	})
	g.push("group/postgres:17", img)
	got, err := g.look(g.client(), "group/postgres:17")
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	want := &Details{
		Pinned: g.host() + "/group/postgres@" + digestOf(t, img), Digest: digestOf(t, img), Platform: LinuxAMD64,
		User: "70:70", WorkingDirectory: "/data", EntryPoint: []string{"docker-entrypoint.sh"}, Command: []string{"postgres"},
		Environment: []string{"EMPTY", "PATH", "PGDATA"}, Path: "/usr/local/bin:/bin", TCPPorts: []uint16{80, 5432},
		Size: manifest.Config.Size + manifest.Layers[0].Size + manifest.Layers[1].Size,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("details differ (-want +got):\n%s", diff)
	}
}

func TestLook_Index_PinsTheManifestOfThePlatform(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	newer := amd64
	newer.Variant = "v3"
	images := []v1.Image{
		newImage(t, newer, v1.Config{}), newImage(t, amd64, v1.Config{}), newImage(t, arm64, v1.Config{}),
		newImage(t, v1.Platform{OS: "unknown", Architecture: "unknown"}, v1.Config{}),
	}
	index := newIndex(t, images...)
	g.pushIndex("app:1", index)
	r := g.client()
	for platform, want := range map[Platform]v1.Image{LinuxAMD64: images[1], LinuxARM64: images[2]} {
		for _, written := range []string{"app:1", "app:1@" + digestOf(t, index), "app@" + digestOf(t, index)} {
			got, err := r.Look(t.Context(), Query{Image: g.host() + "/" + written, Platform: platform})
			if err != nil || got.Digest != digestOf(t, want) || got.Platform != platform {
				t.Errorf("%s for %s: got %+v, %v", written, platform, got, err)
			}
		}
	}
	outer := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: index})
	g.pushIndex("app:nested", outer)
	if got, err := g.look(r, "app:nested"); err != nil || got.Digest != digestOf(t, images[1]) {
		t.Errorf("an index of an index: got %+v, %v", got, err)
	}
}

// clock is a time that the test sets.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (r *Registries) setClock() *clock {
	c := &clock{now: time.Now()}
	r.now, r.answers.now = c.Now, c.Now
	return c
}

func TestLook_Tag_IsRememberedForAMinuteAndThenAskedForByHead(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	first, second := newImage(t, amd64, v1.Config{User: "1"}), newImage(t, amd64, v1.Config{User: "2"})
	g.push("app:1", first)
	r := g.client()
	c := r.setClock()
	asks := func(user string, want map[string]int) {
		t.Helper()
		got, err := g.look(r, "app:1")
		if err != nil || got.User != user {
			t.Fatalf("got %+v, %v, want user %s", got, err, user)
		}
		if diff := cmp.Diff(want, g.asked()); diff != "" {
			t.Errorf("requests differ (-want +got):\n%s", diff)
		}
	}
	whole := map[string]int{"GET /v2/": 1, "GET manifests": 1, "GET blobs": 1}
	asks("1", whole)
	c.pass(tagTTL - time.Second)
	asks("1", map[string]int{})
	c.pass(time.Second)
	asks("1", map[string]int{"GET /v2/": 1, "HEAD manifests": 1})
	c.pass(tagTTL - time.Second)
	asks("1", map[string]int{})
	g.push("app:1", second)
	c.pass(time.Second)
	asks("2", map[string]int{"GET /v2/": 1, "HEAD manifests": 1, "GET manifests": 1, "GET blobs": 1})
}

func TestLook_RegistryWithoutUsableHead_IsAskedByGet(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]fault{
		"no digest":   answerWith(http.StatusOK, "application/json", ""),
		"not allowed": answerWith(http.StatusMethodNotAllowed, "text/plain", ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := startRegistry(t)
			g.push("app:1", newImage(t, amd64, v1.Config{}))
			r := g.client()
			c := r.setClock()
			g.breakWith(func(w http.ResponseWriter, r *http.Request) bool {
				return r.Method == http.MethodHead && answer(w, r)
			})
			for range 2 {
				if _, err := g.look(r, "app:1"); err != nil {
					t.Error(err)
				}
				c.pass(tagTTL)
			}
			if got := g.asked(); got["HEAD manifests"] != 1 || got["GET manifests"] != 2 {
				t.Errorf("requests are %v", got)
			}
		})
	}
}

func TestLook_RegistryWasUnavailable_DetailsHoldAgain(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	g.push("app:1", newImage(t, amd64, v1.Config{User: "1"}))
	r := g.client()
	c := r.setClock()
	if _, err := g.look(r, "app:1"); err != nil {
		t.Fatal(err)
	}
	c.pass(tagTTL)
	g.breakWith(answerWith(http.StatusBadGateway, "text/html", ""))
	_, err := g.look(r, "app:1")
	wantFault(t, err, RegistryUnavailable, "502")
	g.breakWith(nil)
	g.asked()
	c.pass(refusalTTL)
	if got, err := g.look(r, "app:1"); err != nil || got.User != "1" {
		t.Errorf("got %+v, %v", got, err)
	}
	if diff := cmp.Diff(map[string]int{"GET /v2/": 1, "HEAD manifests": 1}, g.asked()); diff != "" {
		t.Errorf("requests differ (-want +got):\n%s", diff)
	}
}

func TestLook_DigestOfNothing_IsNotFound(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	g.push("app:1", newImage(t, amd64, v1.Config{}))
	_, err := g.look(g.client(), "app@"+zeros)
	wantFault(t, err, NotFound, "MANIFEST_UNKNOWN: Unknown manifest (correct the name and its tag or digest")
}

func TestLook_Digest_IsRememberedForHours(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	img := newImage(t, amd64, v1.Config{})
	g.push("app:1", img)
	r := g.client()
	c := r.setClock()
	for range 3 {
		if _, err := g.look(r, "app@"+digestOf(t, img)); err != nil {
			t.Fatal(err)
		}
		c.pass(digestTTL / 3)
	}
	if got := g.asked()["GET manifests"]; got != 1 {
		t.Errorf("the manifest was asked for %d times", got)
	}
}

func TestLook_Refusal_IsRememberedForSeconds(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	g.push("app:1", newImage(t, amd64, v1.Config{}))
	r := g.client()
	c := r.setClock()
	for range 2 {
		if _, err := g.look(r, "app:2"); err == nil {
			t.Fatal("found what does not exist")
		}
	}
	if got := g.asked()["GET manifests"]; got != 1 {
		t.Errorf("asked %d times for what does not exist", got)
	}
	g.push("app:2", newImage(t, amd64, v1.Config{}))
	c.pass(refusalTTL)
	if _, err := g.look(r, "app:2"); err != nil {
		t.Error(err)
	}
}

func TestLook_TagIsGone_SaysSoInTheRegistrysWords(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	g.push("app:1", newImage(t, amd64, v1.Config{}))
	r := g.client()
	c := r.setClock()
	if _, err := g.look(r, "app:1"); err != nil {
		t.Fatal(err)
	}
	g.breakWith(answerJSON(http.StatusNotFound, "MANIFEST_UNKNOWN", "manifest was deleted"))
	c.pass(tagTTL)
	_, err := g.look(r, "app:1")
	wantFault(t, err, NotFound, "MANIFEST_UNKNOWN: manifest was deleted")
}

func TestLook_ManyAtOnce_AskOnceForEachImage(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	const images, looks = 20, 100
	for i := range images {
		g.pushIndex(fmt.Sprintf("app%d:1", i), newIndex(t, newImage(t, amd64, v1.Config{}), newImage(t, arm64, v1.Config{})))
	}
	var mu sync.Mutex
	var now, most int
	g.breakWith(func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			now--
		}()
		g.real.ServeHTTP(w, r)
		return true
	})
	r := g.client()
	r.limit = time.Minute
	var all sync.WaitGroup
	for i := range looks {
		all.Go(func() {
			if _, err := g.look(r, fmt.Sprintf("app%d:1", i%images)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	want := map[string]int{"GET /v2/": images, "GET manifests": 2 * images, "GET blobs": images}
	if diff := cmp.Diff(want, g.asked()); diff != "" {
		t.Errorf("requests differ (-want +got):\n%s", diff)
	}
	if most > looksPerHost {
		t.Errorf("%d requests at a time, want at most %d", most, looksPerHost)
	}
}

func TestLook_CallerLeaves_OthersGetTheAnswer(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	g.push("app:1", newImage(t, amd64, v1.Config{}))
	arrived, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	g.breakWith(func(http.ResponseWriter, *http.Request) bool {
		once.Do(func() { close(arrived) })
		<-release
		return false
	})
	r := g.client()
	ctx, leave := context.WithCancel(t.Context())
	left, stayed := make(chan error, 1), make(chan error, 1)
	query := Query{Image: g.host() + "/app:1", Platform: LinuxAMD64}
	go func() {
		_, err := r.Look(ctx, query)
		left <- err
	}()
	<-arrived
	go func() {
		_, err := r.Look(t.Context(), query)
		stayed <- err
	}()
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the one who left got %v", err)
	}
	close(release)
	if err := <-stayed; err != nil {
		t.Errorf("the one who stayed got %v", err)
	}
	if got := g.asked(); got["GET /v2/"] != 1 || got["GET manifests"] != 1 {
		t.Errorf("requests are %v, want one look", got)
	}
}

func TestLook_Rewritten_AsksTheMirrorAndNamesBoth(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	img := newImage(t, amd64, v1.Config{})
	g.push("cache/library/node:22", img)
	rewrites, err := ParseRewrites([]Rewrite{{From: hub, To: g.host() + "/cache"}})
	if err != nil {
		t.Fatal(err)
	}
	r := g.client()
	got, err := r.Look(t.Context(), Query{Image: "node:22", Platform: LinuxAMD64, Rewrites: rewrites})
	if err != nil || got.Pinned != g.host()+"/cache/library/node@"+digestOf(t, img) {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = r.Look(t.Context(), Query{Image: "node:21", Platform: LinuxAMD64, Rewrites: rewrites})
	wantFault(t, err, NotFound, fmt.Sprintf(`image "node:21" (pulled as "%s/cache/library/node:21" by a rewrite rule): its registry does not have it`, g.host()))
}

func wantFault(t *testing.T, err error, reason Reason, want string) {
	t.Helper()
	var fault *Error
	if !errors.As(err, &fault) || fault.Reason != reason {
		t.Fatalf("got %v, want the reason %s", err, reason)
	}
	if !strings.Contains(fault.Error(), want) {
		t.Errorf("got %v, want %s", fault, want)
	}
	if fault.Fix == "" || fault.Image == "" {
		t.Errorf("%v: it names no fix or no image", fault)
	}
	assertPrintable(t, fault.Error())
}
