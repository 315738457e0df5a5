package ecs

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/test/localecs"
	"github.com/fargate-operator/fargate-operator/internal/test/localecs/localecstest"
	"github.com/fargate-operator/fargate-operator/internal/version"
)

// gate stands in front of a local ECS and remembers the last caller.
type gate struct {
	*httptest.Server
	accessKey, userAgent atomic.Value
}

var credential = regexp.MustCompile(`Credential=([^/]+)/`)

func newGate(t *testing.T, target string) *gate {
	t.Helper()
	to, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{}
	proxy := httputil.NewSingleHostReverseProxy(to)
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if match := credential.FindStringSubmatch(r.Header.Get("Authorization")); match != nil {
			g.accessKey.Store(match[1])
		}
		g.userAgent.Store(r.UserAgent())
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(g.Close)
	return g
}

// newSTS plays AWS STS with credentials named after the action.
func newSTS(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		action := r.FormValue("Action")
		fmt.Fprintf(w, `<%[1]sResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><%[1]sResult><Credentials>
			<AccessKeyId>%[1]s</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>
			<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></%[1]sResult></%[1]sResponse>`, action)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// newPodIdentity plays the EKS Pod Identity agent.
func newPodIdentity(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "pod-token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, `{"AccessKeyId":"POD","SecretAccessKey":"s","Token":"t","Expiration":"2099-01-01T00:00:00Z"}`)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// unset unsets a variable until the test ends: to the SDK an empty one is not
// the same.
func unset(t *testing.T, name string) {
	t.Helper()
	t.Setenv(name, "")
	if err := os.Unsetenv(name); err != nil {
		t.Fatal(err)
	}
}

func TestClients_SDKConfigurationChain_WorksUnchanged(t *testing.T) {
	development := version.Version
	t.Cleanup(func() { version.Version = development })
	version.Version = "v1.2.3-rc.1-4-g97402c8" // all characters that a version can have
	server := localecstest.Start(t, localecs.Config{})
	gate := newGate(t, server.URL())
	tests := map[string]struct {
		environment map[string]string
		assumeRole  string
		accessKey   string
	}{
		"environment": {
			environment: map[string]string{"AWS_ACCESS_KEY_ID": "ENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "s", "AWS_ENDPOINT_URL": gate.URL},
			accessKey:   "ENVIRONMENT",
		},
		"endpoint of one service": {
			environment: map[string]string{"AWS_ACCESS_KEY_ID": "ENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "s", "AWS_ENDPOINT_URL_ECS": gate.URL},
			accessKey:   "ENVIRONMENT",
		},
		"profile": {
			environment: map[string]string{"AWS_PROFILE": "ci", "AWS_CONFIG_FILE": writeFile(t, "config",
				"[profile ci]\naws_access_key_id = PROFILE\naws_secret_access_key = s\nservices = local\n[services local]\necs =\n  endpoint_url = "+gate.URL+"\n")},
			accessKey: "PROFILE",
		},
		"IRSA": {
			environment: map[string]string{
				"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/irsa", "AWS_WEB_IDENTITY_TOKEN_FILE": writeFile(t, "token", "jwt"),
				"AWS_ENDPOINT_URL_STS": newSTS(t), "AWS_ENDPOINT_URL": gate.URL,
			},
			accessKey: "AssumeRoleWithWebIdentity",
		},
		"Pod Identity": {
			environment: map[string]string{
				"AWS_CONTAINER_CREDENTIALS_FULL_URI": newPodIdentity(t), "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": writeFile(t, "token", "pod-token"),
				"AWS_ENDPOINT_URL": gate.URL,
			},
			accessKey: "POD",
		},
		"role of the class": {
			environment: map[string]string{
				"AWS_ACCESS_KEY_ID": "ENVIRONMENT", "AWS_SECRET_ACCESS_KEY": "s",
				"AWS_ENDPOINT_URL_STS": newSTS(t), "AWS_ENDPOINT_URL": gate.URL,
			},
			assumeRole: "arn:aws:iam::123456789012:role/other-account",
			accessKey:  "AssumeRole",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			for _, leftover := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"} {
				unset(t, leftover)
			}
			for key, value := range test.environment {
				t.Setenv(key, value)
			}
			launch := testLaunch()
			launch.Owner.UID = strings.ReplaceAll(name, " ", "-")
			launch.Template.AssumeRoleARN = test.assumeRole
			if _, err := (&Clients{}).Launch(t.Context(), launch); err != nil {
				t.Fatal(err)
			}
			if got := gate.accessKey.Load(); got != test.accessKey {
				t.Errorf("called as %v, want %s", got, test.accessKey)
			}
			if agent, _ := gate.userAgent.Load().(string); !strings.Contains(agent, "app/fargate-operator-"+version.Version+" ") {
				t.Errorf("the user agent %q does not name this program and its version", agent)
			}
		})
	}
}

func TestClients_CABundle_IsTrusted(t *testing.T) {
	server := localecstest.Start(t, localecs.Config{})
	gate := newGate(t, server.URL())
	private := httptest.NewTLSServer(gate.Config.Handler)
	t.Cleanup(private.Close)
	bundle := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: private.Certificate().Raw})
	t.Setenv("AWS_CA_BUNDLE", writeFile(t, "ca.pem", string(bundle)))
	t.Setenv("AWS_ENDPOINT_URL", private.URL)
	if _, err := (&Clients{}).Launch(t.Context(), testLaunch()); err != nil {
		t.Error(err)
	}
}

// proxied is set in a separate process: Go reads the proxy's variables once.
const proxied = "TEST_LAUNCH_THROUGH_PROXY"

func TestClients_Proxy_IsUsed(t *testing.T) {
	if os.Getenv(proxied) != "" {
		if _, err := (&Clients{}).Launch(t.Context(), testLaunch()); err != nil {
			t.Error(err)
		}
		return
	}
	server := localecstest.Start(t, localecs.Config{})
	gate := newGate(t, server.URL())
	test := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$")
	test.Env = append(os.Environ(), proxied+"=1", "HTTP_PROXY="+gate.URL, "AWS_ENDPOINT_URL=http://ecs.invalid")
	if out, err := test.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if gate.accessKey.Load() == nil {
		t.Error("the proxy was never asked")
	}
}
