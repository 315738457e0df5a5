package containers

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fargate-operator/fargate-operator/internal/agent/protocol"
	"github.com/fargate-operator/fargate-operator/internal/gitlab"
)

// read reads a job's response, with the variables that the runner sets.
func read(t *testing.T, response string, environ ...string) (Containers, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "response.json")
	if err := os.WriteFile(path, []byte(response), 0o600); err != nil {
		t.Fatal(err)
	}
	env, err := gitlab.ParseEnvironment(append([]string{"JOB_RESPONSE_FILE=" + path}, environ...))
	if err != nil {
		t.Fatal(err)
	}
	return Read(env)
}

func mustRead(t *testing.T, response string, environ ...string) Containers {
	t.Helper()
	containers, err := read(t, response, environ...)
	if err != nil {
		t.Fatal(err)
	}
	return containers
}

// started is what the agent gets to start the first service, whose image has an
// entry point and a command.
func started(t *testing.T, containers Containers) protocol.Service {
	t.Helper()
	encoded, err := containers.EncodeLaunches([]*ImageConfig{{Entrypoint: []string{"image-entrypoint"}, Command: []string{"image-command"}}, {Command: []string{"other"}}})
	if err != nil {
		t.Fatal(err)
	}
	var launches []protocol.Service
	if err := json.Unmarshal(encoded, &launches); err != nil {
		t.Fatal(err)
	}
	return launches[0]
}

// wantRefusal checks that an error is the author's fault and mentions all of this.
func wantRefusal(t *testing.T, err error, mentions ...string) {
	t.Helper()
	var failure *gitlab.BuildFailure
	if !errors.As(err, &failure) || failure.Code != 1 {
		t.Fatalf("got %v, want a build failure", err)
	}
	for _, mention := range mentions {
		if !strings.Contains(err.Error(), mention) {
			t.Errorf("%q does not mention %q", err, mention)
		}
	}
}

// fullJob has everything that a job can say, as GitLab sends it and the runner
// completes it.
const fullJob = `{
  "id": 1, "token": "glcbt-1",
  "variables": [
    {"key": "IMG", "value": "ruby", "public": true},
    {"key": "SECRET", "value": "pa$word", "masked": true, "raw": true},
    {"key": "POSTGRES_PASSWORD", "value": "$SECRET", "public": true}
  ],
  "image": {"name": "$IMG:3.3", "entrypoint": [""], "pull_policy": ["always", "if-not-present"],
    "executor_opts": {"docker": {"platform": "linux/$ARCH", "user": "dave"}, "kubernetes": {"user": 1001}}},
  "services": [
    {"name": "registry.example.com/group/postgres:17", "alias": "db,database $EXTRA", "command": ["postgres", "-c", "password=$SECRET"],
     "entrypoint": ["sh", "-c", "exec \"$@\"", "--"], "variables": [{"key": "HEALTHCHECK_TCP_PORT", "value": "$PORT"}, {"key": "SCHEMA", "value": "${IMG}_$SECRET"}],
     "pull_policy": null, "executor_opts": {"kubernetes": {"user": 999}}},
    {"name": "redis:7"}
  ]}`

var fullEnvironment = []string{
	"CUSTOM_ENV_CI_JOB_IMAGE=ruby:3.3", "CUSTOM_ENV_IMG=ruby", "CUSTOM_ENV_SECRET=pa$word", "CUSTOM_ENV_POSTGRES_PASSWORD=pa$word",
	"CUSTOM_ENV_CI_PROJECT_DIR=/builds/group/app", "CUSTOM_ENV_ARCH=arm64", "CUSTOM_ENV_EXTRA=pg", "CUSTOM_ENV_PORT=5432",
	`CUSTOM_ENV_CI_JOB_SERVICES=[{"name":"registry.example.com/group/postgres:17","alias":"db","variables":{"SCHEMA":"ruby_pa$word"}}]`,
	"CUSTOM_ENV_CI_DEBUG_SERVICES=true",
}

func TestRead_FullJob_IsExpandedAsTheRunnerDoes(t *testing.T) {
	containers := mustRead(t, fullJob, fullEnvironment...)
	want := Containers{
		Image: Image{Name: "ruby:3.3", Platform: "linux/arm64", User: "dave", PullPolicies: []string{"always", "if-not-present"}},
		Services: []Service{
			{Image: Image{Name: "registry.example.com/group/postgres:17", User: "999"}, Aliases: []string{"db", "database", "pg"}, HealthPort: 5432},
			{Image: Image{Name: "redis:7"}},
		},
		DebugServices: true,
	}
	ignored := []cmp.Option{cmpopts.IgnoreUnexported(Service{}), cmpopts.IgnoreTypes(Start{}), cmpopts.EquateEmpty()}
	if diff := cmp.Diff(want, containers, ignored...); diff != "" {
		t.Errorf("containers (-want +got):\n%s", diff)
	}
	wantLaunch := protocol.Service{
		Name: "svc-0",
		Env: map[string]string{
			"CI_JOB_IMAGE": "ruby:3.3", "CI_PROJECT_DIR": "/builds/group/app", "ARCH": "arm64", "EXTRA": "pg", "PORT": "5432", "CI_DEBUG_SERVICES": "true",
			"IMG": "ruby", "POSTGRES_PASSWORD": "pa$word", "HEALTHCHECK_TCP_PORT": "5432", "SCHEMA": "ruby_pa$word",
		},
		Entrypoint: []string{"sh", "-c", `exec "$@"`, "--"},
		Command:    []string{"postgres", "-c", "password=$SECRET"},
	}
	if diff := cmp.Diff(wantLaunch, started(t, containers)); diff != "" {
		t.Errorf("launch (-want +got):\n%s", diff)
	}
}

func TestRead_ImageAndServices_MayBeMissing(t *testing.T) {
	t.Parallel()
	for _, response := range []string{
		`{}`, `{"image": null, "services": null}`, `{"image": {"name": ""}, "services": [], "variables": null, "secrets": null}`,
	} {
		containers := mustRead(t, response, "CUSTOM_ENV_CI_JOB_IMAGE=an-authors-variable", "CUSTOM_ENV_CI_JOB_SERVICES=")
		if diff := cmp.Diff(Containers{}, containers, cmpopts.IgnoreUnexported(Service{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", response, diff)
		}
	}
}

func TestRead_NotWhatGitLabSends_IsASystemFailureWithoutTheContent(t *testing.T) {
	t.Parallel()
	for response, mention := range map[string]string{
		`{"image": "secret"}`:                                            "field image must be of type",
		`{"services": {"secret": 1}}`:                                    "field services must be of type",
		`{"services": [{"command": "secret"}]}`:                          "field services.command must be of type",
		`{"services": [{"variables": [{"value": 1}]}]}`:                  "field services.variables.value must be of type string",
		`{"image": {"executor_opts": {"docker": "secret"}`:               "",
		`{"image": {"executor_opts": {"docker": {"user": ["secret"]}}}}`: "must be of type",
		`{"image": {"name": "secret`:                                     "invalid JSON",
	} {
		_, err := read(t, response)
		var failure *gitlab.BuildFailure
		if err == nil || errors.As(err, &failure) {
			t.Errorf("%s: got %v, want a system failure", response, err)
			continue
		}
		if text := err.Error(); !strings.Contains(text, mention) || strings.Contains(text, "secret") {
			t.Errorf("%s: got %q, want %q and no content", response, text, mention)
		}
	}
}

func TestRead_NoResponse_AsksForANewerRunner(t *testing.T) {
	t.Parallel()
	env, err := gitlab.ParseEnvironment([]string{"CUSTOM_ENV_CI_JOB_IMAGE=ruby"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Read(env); err == nil || !strings.Contains(err.Error(), "update it") {
		t.Errorf("got %v", err)
	}
}

func TestRead_DebugServices_IsTrueAsInGo(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		"true": true, "True": true, "TRUE": true, "t": true, "1": true,
		"": false, "false": false, "0": false, "yes": false, "on": false, "blammo": false,
	} {
		if got := mustRead(t, `{}`, "CUSTOM_ENV_CI_DEBUG_SERVICES="+value).DebugServices; got != want {
			t.Errorf("%q: got %t", value, got)
		}
	}
}

func TestRead_User_IsDockersBeforeThatOfKubernetes(t *testing.T) {
	t.Parallel()
	for options, want := range map[string]string{
		`null`:                                                       "",
		`{"docker": {"user": "dave"}}`:                               "dave",
		`{"docker": {"user": 1000}}`:                                 "1000",
		`{"docker": {"user": "$WHO:1000"}}`:                          "eve:1000",
		`{"kubernetes": {"user": "1001:1001"}}`:                      "1001:1001",
		`{"kubernetes": {"user": 1001}}`:                             "1001",
		`{"docker": {"user": null}, "future": [1]}`:                  "",
		`{"docker": {"user": "dave"}, "kubernetes": {"user": 1001}}`: "dave",
	} {
		containers := mustRead(t, `{"image": {"name": "ruby", "executor_opts": `+options+`}}`, "CUSTOM_ENV_WHO=eve")
		if got := containers.Image.User; got != want {
			t.Errorf("%s: got %q, want %q", options, got, want)
		}
	}
}

func TestRead_Refused_SaysWhichAndTheFix(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		job      string
		mentions []string
	}{
		"image is empty": {
			`{"image": {"name": "$MISSING"}}`,
			[]string{`image "$MISSING" is empty after its variables are expanded`, "set them for this job"},
		},
		"service is empty": {
			`{"services": [{"name": "redis"}, {"name": "${MISSING}"}]}`,
			[]string{`services[1] "${MISSING}" is empty`},
		},
		"image with a line break": {
			`{"image": {"name": "ruby\n3.3"}}`,
			[]string{`image "ruby\n3.3" has spaces, line breaks or control characters`},
		},
		"image with an escape in a variable": {`{"image": {"name": "ruby:$ESCAPE"}}`, []string{`image "ruby:$ESCAPE" has spaces, line breaks or control characters`}},
		"image of 5 kB":                      {`{"image": {"name": "` + strings.Repeat("a", 5000) + `"}}`, []string{"has 5000 bytes", "at most 520", "aaa…\""}},
		"pull policy": {
			`{"image": {"name": "ruby", "pull_policy": ["sometimes"]}}`,
			[]string{`image has the pull_policy "sometimes"`, "always, if-not-present or never"},
		},
		"alias": {
			`{"services": [{"name": "mysql:8", "alias": "db my_DB"}]}`,
			[]string{`service mysql:8 (db) has the alias "my_DB", which is not a valid host name`, `such as "my-db"`},
		},
		"alias in capitals": {`{"services": [{"name": "mysql:8", "alias": "DB"}]}`, []string{`such as "db"`}},
		"health port": {
			`{"services": [{"name": "mysql:8", "variables": [{"key": "HEALTHCHECK_TCP_PORT", "value": "mysql"}]}]}`,
			[]string{"service mysql:8 has a variable HEALTHCHECK_TCP_PORT that is not a port", "from 1 to 65535"},
		},
		"everything at once": {
			`{"image": {"name": " "}, "services": [{"name": "redis", "alias": "-"}]}`,
			[]string{`image " " is empty`, `alias "-"`, `such as "db"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := read(t, test.job, "CUSTOM_ENV_ESCAPE=\x1b[2J")
			wantRefusal(t, err, test.mentions...)
		})
	}
}

func TestRead_HealthPort_IsTheServicesOwnOrTheJobs(t *testing.T) {
	t.Parallel()
	const job = `{"variables": [{"key": "HEALTHCHECK_TCP_PORT", "public": true}], "services": [{"name": "a"},
		{"name": "b", "variables": [{"key": "HEALTHCHECK_TCP_PORT", "value": "65535"}]}, {"name": "c", "variables": [{"key": "HEALTHCHECK_TCP_PORT"}]}]}`
	containers := mustRead(t, job, "CUSTOM_ENV_HEALTHCHECK_TCP_PORT=80")
	for i, want := range []int{80, 65535, 0} {
		if got := containers.Services[i].HealthPort; got != want {
			t.Errorf("service %d: got %d, want %d", i, got, want)
		}
	}
	for _, port := range []string{"0", "65536", "-1", "+80", " 80", "80.0", "0x50"} {
		if _, err := read(t, job, "CUSTOM_ENV_HEALTHCHECK_TCP_PORT="+port); err == nil {
			t.Errorf("accepted port %q", port)
		}
	}
}
