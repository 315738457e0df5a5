package kubestore

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"

	"k8s.io/client-go/rest"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/executor"
)

// faultyServer is the API server behind a proxy that answers the next watches
// itself.
type faultyServer struct {
	proxy http.Handler

	mu     sync.Mutex
	faults []http.HandlerFunc
}

func newFaultyServer(t *testing.T, faults ...http.HandlerFunc) *rest.Config {
	t.Helper()
	upstream, err := url.Parse(env.Config().Host)
	if err != nil {
		t.Fatal(err)
	}
	transport, err := rest.TransportFor(env.Config())
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(upstream)
	proxy.Transport = transport
	proxy.FlushInterval = -1
	server := httptest.NewServer(&faultyServer{proxy: proxy, faults: faults})
	t.Cleanup(server.Close)
	return &rest.Config{Host: server.URL}
}

func (s *faultyServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if fault := s.next(r); fault != nil {
		fault(w, r)
		return
	}
	s.proxy.ServeHTTP(w, r)
}

func (s *faultyServer) next(r *http.Request) http.HandlerFunc {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Query().Get("watch") == "" || len(s.faults) == 0 {
		return nil
	}
	fault := s.faults[0]
	s.faults = s.faults[1:]
	return fault
}

func endAtOnce(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

const expired = `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410,"message":"too old"}`

func expiredAnswer(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusGone)
	fmt.Fprint(w, expired)
}

func expiredEvent(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"type":"ERROR","object":%s}`, expired)
}

func hangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func unavailable(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusServiceUnavailable)
}

func TestWatch_EndsOnTheWay_BeginsAnewUnnoticed(t *testing.T) {
	for name, fault := range map[string]http.HandlerFunc{
		"closed":              endAtOnce,
		"connection broken":   hangUp,
		"version too old":     expiredAnswer,
		"version becomes old": expiredEvent,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := newStore(t, newFaultyServer(t, fault), env.NewNamespace(t))
			job := created(t, store)
			states := 0
			err := watching(t, store, job, func(reason string) error {
				states++
				if states == 1 { // The watch that follows misses this.
					setReady(t, job, v1alpha1.ReasonPending)
				}
				if reason == v1alpha1.ReasonPending {
					return errEnough
				}
				return nil
			})
			if !errors.Is(err, errEnough) {
				t.Errorf("the watch ended with %v", err)
			}
		})
	}
}

func TestWatch_ServerUnavailable_SaysSo(t *testing.T) {
	store := newStore(t, newFaultyServer(t, unavailable), env.NewNamespace(t))
	job := created(t, store)
	err := watching(t, store, job, func(string) error { return nil })
	var down *executor.UnavailableError
	if !errors.As(err, &down) {
		t.Fatalf("the watch ended with %v, want *UnavailableError", err)
	}
	if down.Unsent {
		t.Error("the request was sent")
	}
}
