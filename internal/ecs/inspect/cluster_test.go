package inspect

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/ecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

var testLocation = ecs.Location{Region: "us-east-1", Cluster: "ci"}

func newInspector() *Inspector { return New(&ecs.Clients{}) }

func TestCluster_SaysWhatALaunchDependsOn(t *testing.T) {
	localecstest.Start(t, localecs.Config{})
	for _, name := range []string{"ci", "arn:aws:ecs:us-east-1:123456789012:cluster/ci"} {
		cluster, err := newInspector().Cluster(t.Context(), ecs.Location{Region: "us-east-1", Cluster: name})
		if err != nil {
			t.Fatal(err)
		}
		want := &Cluster{Status: "ACTIVE", CapacityProviders: []string{"FARGATE", "FARGATE_SPOT"}, DefaultStrategy: []string{"FARGATE"}}
		if diff := cmp.Diff(want, cluster); diff != "" {
			t.Errorf("cluster %s differs (-want +got):\n%s", name, diff)
		}
	}
}

func TestCluster_NoSuchCluster_IsNoError(t *testing.T) {
	localecstest.Start(t, localecs.Config{})
	cluster, err := newInspector().Cluster(t.Context(), ecs.Location{Region: "us-east-1", Cluster: "nowhere"})
	if cluster != nil || err != nil {
		t.Errorf("got %v, %v; want neither", cluster, err)
	}
}

func TestCluster_FailureThatIsNotMissing_IsAnError(t *testing.T) {
	localecstest.Start(t, localecs.Config{}) // for its credentials
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"clusters": [], "failures": [{"reason": "INTERNAL"}]}`)
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	_, err := newInspector().Cluster(t.Context(), testLocation)
	var fault *ecs.Error
	if !errors.As(err, &fault) || fault.Class != ecs.RetrySame {
		t.Fatalf("got %v, want an error that may pass", err)
	}
	if want := "looking up the cluster ci: ECS could not describe it: INTERNAL"; fault.Message != want {
		t.Errorf("got %q, want %q", fault.Message, want)
	}
}
