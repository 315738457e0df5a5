package ecs

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

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

// page is what a proxy answers to people.
const page = "<html><body><h1>Internal Server Error</h1></body></html>"

func TestCalls_Response_DecidesWhatToDo(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		class  Class
		reason string
		result string
		words  string
	}{
		"a proxy is down":           {503, "", RetrySame, v1alpha1.ReasonRetrying, "failed", "answered with status 503 Service Unavailable"},
		"a proxy has no words":      {503, "{}", RetrySame, v1alpha1.ReasonRetrying, "failed", "answered with status 503 Service Unavailable"},
		"a gateway is bad":          {502, `{"message":"Bad Gateway"}`, RetrySame, v1alpha1.ReasonRetrying, "failed", "answered with status 502 Bad Gateway: Bad Gateway"},
		"a load balancer throttles": {429, "{}", RetrySame, v1alpha1.ReasonRetrying, "throttled", "answered with status 429 Too Many Requests"},
		"AWS throttles":             {400, `{"__type":"ThrottlingException","message":"Rate exceeded"}`, RetrySame, v1alpha1.ReasonRetrying, "throttled", "ThrottlingException: Rate exceeded"},
		"AWS throttles by any name": {400, `{"__type":"SlowDown","message":"Slow down"}`, RetrySame, v1alpha1.ReasonRetrying, "throttled", "SlowDown: Slow down"},
		"an identity provider fails": {
			400, `{"__type":"IDPCommunicationError","message":"no answer"}`, RetrySame, v1alpha1.ReasonRetrying, "failed", "IDPCommunicationError: no answer",
		},
		"a proxy refuses":   {403, "", Terminal, v1alpha1.ReasonLaunchRefused, "refused", "answered with status 403 Forbidden"},
		"a page":            {500, page, RetrySame, v1alpha1.ReasonRetrying, "unreachable", "answered with status 500 Internal Server Error, which is not an answer in AWS's form: invalid character '<'"},
		"a page of refusal": {403, page, RetrySame, v1alpha1.ReasonRetrying, "unreachable", "answered with status 403 Forbidden, which is not an answer in AWS's form"},
		"a page to log in":  {200, page, RetrySame, v1alpha1.ReasonRetrying, "unreachable", "answered with status 200 OK, which is not an answer in AWS's form"},
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
			if !strings.Contains(fault.Message, test.words) {
				t.Errorf("%q does not say %q", fault.Message, test.words)
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

func TestCalls_ThroughAProxy_NameIt(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"that answers with a page": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, page)
		},
		"that answers nothing": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"that hangs up":        func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			localecstest.Start(t, localecs.Config{}) // for its credentials
			server := httptest.NewServer(handler)
			t.Cleanup(server.Close)
			// Go has read the machine's own proxies by now, so the SDK gets this one from its
			// client: what is under test is what the error says.
			t.Setenv("HTTP_PROXY", strings.Replace(server.URL, "http://", "http://user:s3cret@", 1))
			t.Setenv("NO_PROXY", "")
			target := &url.URL{Scheme: "http", Host: "ecs.invalid"}
			proxied := &http.Client{Transport: &http.Transport{Proxy: func(*http.Request) (*url.URL, error) { return url.Parse(server.URL) }}}
			tasks := ecs.New(ecs.Options{
				Region: testLocation.Region, HTTPClient: proxied, BaseEndpoint: aws.String(target.String()), RetryMaxAttempts: 1,
				Credentials: aws.AnonymousCredentials{},
			})
			_, err := tasks.ListTasks(t.Context(), &ecs.ListTasksInput{})
			text := Classify(err, "listing tasks", testLocation).Error()
			want := "(through the proxy " + server.URL + " of HTTP_PROXY, as NO_PROXY does not name ecs.invalid)"
			if !strings.HasSuffix(text, want) || strings.Contains(text, "s3cret") {
				t.Errorf("%q does not say %q", text, want)
			}
		})
	}
}
