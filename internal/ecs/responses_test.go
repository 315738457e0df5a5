package ecs

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/fargate-operator/fargate-operator/api/v1alpha1"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
)

// answerAll answers every request to AWS in the same way.
func answerAll(t *testing.T, status int, body string) {
	t.Helper()
	localecstest.Start(t, localecs.Config{}) // for its credentials
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-RequestId", "request-1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
}

func TestCalls_Response_DecidesWhatToDo(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		class  Class
		reason string
		result string
	}{
		"a proxy is down":           {503, "", RetrySame, v1alpha1.ReasonRetrying, "failed"},
		"a proxy has no words":      {503, "{}", RetrySame, v1alpha1.ReasonRetrying, "failed"},
		"a gateway is bad":          {502, `{"message":"Bad Gateway"}`, RetrySame, v1alpha1.ReasonRetrying, "failed"},
		"a load balancer throttles": {429, "{}", RetrySame, v1alpha1.ReasonRetrying, "throttled"},
		"AWS throttles":             {400, `{"__type":"ThrottlingException","message":"Rate exceeded"}`, RetrySame, v1alpha1.ReasonRetrying, "throttled"},
		"AWS throttles by any name": {400, `{"__type":"SlowDown","message":"Slow down"}`, RetrySame, v1alpha1.ReasonRetrying, "throttled"},
		"an identity provider fails": {
			400, `{"__type":"IDPCommunicationError","message":"no answer"}`, RetrySame, v1alpha1.ReasonRetrying, "failed",
		},
		"a proxy refuses": {403, "", Terminal, v1alpha1.ReasonLaunchRefused, "refused"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			answerAll(t, test.status, test.body)
			var mu sync.Mutex
			var results []string
			clients := &Clients{Called: func(_, _, result string) {
				mu.Lock()
				defer mu.Unlock()
				results = append(results, result)
			}}
			_, err := clients.Launch(t.Context(), testLaunch())
			var fault *Error
			if !errors.As(err, &fault) {
				t.Fatalf("%v is no *Error", err)
			}
			if fault.Class != test.class || fault.Reason != test.reason {
				t.Errorf("class %d, reason %s; want %d, %s: %v", fault.Class, fault.Reason, test.class, test.reason, err)
			}
			if got := RequestID(err); got != "request-1" {
				t.Errorf("request id %q, want that of the response", got)
			}
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(results, []string{test.result}) {
				t.Errorf("counted as %v, want %s", results, test.result)
			}
		})
	}
}
