package kubestore

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/fargate-operator/fargate-operator/internal/version"
)

func TestStore_TellsTheAPIServerItsVersion(t *testing.T) {
	agents := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agents <- r.UserAgent()
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(server.Close)
	store := newStore(t, &rest.Config{Host: server.URL}, "ci")
	if err := store.Delete(t.Context(), types.NamespacedName{Namespace: "ci", Name: "job"}); err != nil {
		t.Fatal(err)
	}
	if got, want := <-agents, "fargate/"+version.Version; got != want {
		t.Errorf("user agent %q, want %q", got, want)
	}
}
