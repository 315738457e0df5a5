package image

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Not parallel, so that nothing else allocates memory while it runs.
func TestLook_HostileAnswers_TakeLittleMemory(t *testing.T) {
	manifest := string(types.OCIManifestSchema1)
	fill := func(before, repeated, after string, length int) string {
		return before + strings.Repeat(repeated+",", length/(len(repeated)+1)) + repeated + after
	}
	const values = 3 * maxValues / 2 // bytes: two for the brackets, and a comma
	for name, body := range map[string]string{
		"much of an index":          fill(`{"manifests":[`, "{}", "]}", 4<<20),
		"many manifests":            fill(`{"manifests":[`, "{}", "]}", maxAnswer-100),
		"many layers":               fill(`{"layers":[`, "{}", "]}", maxAnswer-100),
		"behind what nobody parses": fill(`{"x":1e999,"layers":[`, "{}", "]}", maxAnswer-100),
		"many annotations":          fill(`{"annotations":{`, `"":""`, "}}", maxAnswer-100),
		"as many as there may be":   fill(`{"layers":[`, "{}", "]}", values-100),
		"one that is long":          `{"mediaType":"` + strings.Repeat("x", maxAnswer-100) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			g := startRegistry(t)
			g.breakWith(only("/manifests/", answerWith(http.StatusOK, manifest, body)))
			r := g.client()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := g.look(r, "app:1")
			runtime.ReadMemStats(&after)
			wantFault(t, err, NotAnImage, "")
			if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 30 {
				t.Errorf("it took %d MiB", took)
			}
		})
	}
}

// A look in the worst case takes some 20 MiB, and most of that is free again before
// it ends.
func TestLook_ManyRegistries_FewAtOnce(t *testing.T) {
	t.Parallel()
	g := startRegistry(t)
	var mu sync.Mutex
	var now, most int
	var once sync.Once
	full := make(chan struct{})
	g.breakWith(only("/v2/", func(w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		if now++; now == maxLooks {
			once.Do(func() { close(full) })
		}
		most = max(most, now)
		mu.Unlock()
		select {
		case <-full:
		case <-r.Context().Done():
		}
		mu.Lock()
		defer mu.Unlock()
		now--
		return answerJSON(http.StatusNotFound, "NAME_UNKNOWN", "")(w, r)
	}))
	r := g.client()
	r.limit = time.Minute
	r.routes.straight.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, g.host())
	}
	var all sync.WaitGroup
	for i := range 2 * maxLooks {
		all.Go(func() {
			_, err := r.Look(t.Context(), Query{Image: fmt.Sprintf("r%d.example.com/app:1", i), Platform: LinuxAMD64})
			if faultOf(err).Reason != NotFound {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most != maxLooks {
		t.Errorf("%d looks at a time, want %d", most, maxLooks)
	}
}

func TestLook_SilentBeforeTLS_ConnectionEnds(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ended := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			ended <- err
			return
		}
		defer conn.Close()
		for err == nil {
			_, err = conn.Read(make([]byte, 1000))
		}
		ended <- nil
	}()
	r := startRegistry(t).client()
	r.limit = time.Second
	r.routes.straight.TLSHandshakeTimeout /= 100
	_, err = r.Look(t.Context(), Query{Image: listener.Addr().String() + "/app", Platform: LinuxAMD64})
	wantFault(t, err, RegistryUnavailable, "")
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the connection is still open")
	}
}

func TestDetails_RepeatedVariables_TakeNoRoom(t *testing.T) {
	t.Parallel()
	details := newDetails(&v1.Manifest{}, &v1.Config{Env: slices.Repeat([]string{"A=1"}, 1000)})
	if got := cap(details.Environment); len(details.Environment) != 1 || got > 4 {
		t.Errorf("there is room for %d names", got)
	}
}
