package containers

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fargate-operator/fargate-operator/internal/gitlab"
)

func variablesOf(t *testing.T, job response, environ ...string) *variables {
	t.Helper()
	env, err := gitlab.ParseEnvironment(environ)
	if err != nil {
		t.Fatal(err)
	}
	return newVariables(env, job)
}

func TestExpand_IsGitLabRunners(t *testing.T) {
	t.Parallel()
	v := variablesOf(t,
		response{
			Variables: []variable{{Key: "KEY", Value: "content", File: true}},
			Secrets:   map[string]secret{"VAULT": {}, "PLAIN": {File: new(bool)}},
		},
		"CUSTOM_ENV_A=a", "CUSTOM_ENV_NESTED=$A", "CUSTOM_ENV_KEY=content", "CUSTOM_ENV_VAULT=content", "CUSTOM_ENV_PLAIN=plain",
		"CUSTOM_ENV_CI_SERVER_TLS_KEY_FILE=content", "CUSTOM_ENV_RUNNER_TEMP_PROJECT_DIR=/builds/app.tmp", "CUSTOM_ENV_1=one",
		"CUSTOM_ENV_CI_JOB_SERVICES=[]",
	)
	for text, want := range map[string]string{
		"":                        "",
		"plain":                   "plain",
		"$A/${A}:$A.":             "a/a:a.",
		"$A_B$MISSING${MISSING}":  "",
		"$$A":                     "$A",
		"$NESTED":                 "$A",
		"$KEY":                    "/builds/app.tmp/KEY",
		"$VAULT $PLAIN":           "/builds/app.tmp/VAULT plain",
		"$CI_SERVER_TLS_KEY_FILE": "/builds/app.tmp/CI_SERVER_TLS_KEY_FILE",
		"$1$*$#$@$?":              "",
		"5$":                      "5$",
		"${":                      "",
		"${}x":                    "x",
		"$-":                      "",
		"$/":                      "$/",
		"$CI_JOB_SERVICES":        "",
	} {
		if got := v.expand(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestImageName_RunnersExpansionCountsUnlessItIsTheAuthors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		written, runners string
		sent             []variable
		want             string
	}{
		"without variables":          {written: "ruby:3.3", runners: "forged", want: "ruby:3.3"},
		"expanded by the runner":     {written: "$IMG:3.3", runners: "ruby:3.3", want: "ruby:3.3"},
		"not known to the runner":    {written: "$IMG:3.3", want: "own:3.3"},
		"too much for the runner":    {written: "$IMG:3.3", runners: "$OTHER:3.3", want: "own:3.3"},
		"a variable of the author's": {written: "$IMG:3.3", runners: "forged", sent: []variable{{Key: "CI_JOB_IMAGE"}}, want: "own:3.3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := variablesOf(t, response{Variables: test.sent}, "CUSTOM_ENV_CI_JOB_IMAGE="+test.runners, "CUSTOM_ENV_IMG=own")
			if got := v.imageName(test.written); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestOfService_HasWhatTheRunnersExecutorsGiveAService(t *testing.T) {
	t.Parallel()
	v := variablesOf(t,
		response{
			Variables: []variable{
				{Key: "CI_JOB_TOKEN", Value: "token"},
				{Key: "DEPLOY_KEY", Value: "key"},
				{Key: "PASSWORD", Value: "$DEPLOY_KEY", Public: true},
				{Key: "MODE", Value: "yaml-$PASSWORD", Public: true},
				{Key: "MODE", Value: "project"},
				{Key: "RAW", Value: "$A", Public: true, Raw: true},
				{Key: "RAW", Value: "project"},
				{Key: "CERT", Value: "yaml", Public: true, File: true},
				{Key: "LEVEL", Value: "job", Public: true},
			},
			Secrets: map[string]secret{"VAULT": {}},
		},
		"CUSTOM_ENV_CI_JOB_TOKEN=token", "CUSTOM_ENV_DEPLOY_KEY=key", "CUSTOM_ENV_PASSWORD=key", "CUSTOM_ENV_MODE=project", "CUSTOM_ENV_RAW=project",
		"CUSTOM_ENV_CERT=yaml", "CUSTOM_ENV_LEVEL=job", "CUSTOM_ENV_VAULT=vault", "CUSTOM_ENV_CI_PROJECT_DIR=/builds/app",
		"CUSTOM_ENV_RUNNER_TEMP_PROJECT_DIR=/builds/app.tmp", "CUSTOM_ENV_CI_JOB_SERVICES=[secret]",
	)
	got := v.ofService([]variable{
		{Key: "LEVEL", Value: "first"},
		{Key: "LEVEL", Value: "service"},
		{Key: "URL", Value: "//$PASSWORD:$DEPLOY_KEY@$LEVEL/$URL"},
		{Key: "LITERAL", Value: "$LEVEL", Raw: true},
	})
	want := map[string]string{
		"CI_PROJECT_DIR": "/builds/app", "RUNNER_TEMP_PROJECT_DIR": "/builds/app.tmp",
		"PASSWORD": "key", "MODE": "yaml-key", "RAW": "$A", "CERT": "/builds/app.tmp/CERT",
		"LEVEL": "service", "URL": "//key:key@service///$PASSWORD:$DEPLOY_KEY@$LEVEL/$URL", "LITERAL": "$LEVEL",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
}

func FuzzExpand(f *testing.F) {
	f.Add("$A/${B}:$$A", "a")
	f.Add("${", "$")
	f.Add("$KEY$1$", "$A$A")
	f.Fuzz(func(t *testing.T, text, value string) {
		v := variablesOf(t, response{Variables: []variable{{Key: "KEY", File: true}}}, "CUSTOM_ENV_A="+value, "CUSTOM_ENV_KEY=content")
		expanded := v.expand(text)
		if !strings.Contains(text, "$") && expanded != text {
			t.Errorf("%q became %q without variables", text, expanded)
		}
		// Each reference takes at least two characters, and nothing is expanded twice.
		if longest := len(text) + len(text)/2*max(len(value), len("KEY")); len(expanded) > longest {
			t.Errorf("%q grew to %d bytes, more than %d", text, len(expanded), longest)
		}
	})
}
