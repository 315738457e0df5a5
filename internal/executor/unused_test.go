package executor

import (
	"strings"
	"testing"

	"github.com/fargate-operator/fargate-operator/internal/gitlab"
	"github.com/fargate-operator/fargate-operator/internal/test/sshdtest"
)

func TestPrepare_ImageAndServices_AreWarnedOfAboveTheSection(t *testing.T) {
	for name, test := range map[string]struct {
		environ []string
		want    string
	}{
		"neither":  {},
		"image":    {[]string{"CUSTOM_ENV_CI_JOB_IMAGE=ruby:3.3"}, "image: ruby:3.3"},
		"services": {[]string{`CUSTOM_ENV_CI_JOB_SERVICES=[{"name":"postgres:17"},{"name":"redis"}]`}, "services: postgres:17, redis"},
		"both": {
			[]string{"CUSTOM_ENV_CI_JOB_IMAGE=ruby:3.3", `CUSTOM_ENV_CI_JOB_SERVICES=[{"name":"postgres:17"}]`},
			"image: ruby:3.3 and services: postgres:17",
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			parsed, err := gitlab.ParseEnvironment(append(test.environ, "TMPDIR="+a.dir, "CUSTOM_ENV_CI_JOB_ID=1", "CUSTOM_ENV_CI_PROJECT_ID=2"))
			if err != nil {
				t.Fatal(err)
			}
			a.Environment = parsed
			a.startsOn(t, sshdtest.Start(t))
			if err := a.Prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
			above, _, _ := strings.Cut(a.stdout.String(), "section_start:")
			want := ""
			if test.want != "" {
				want = "\x1b[0;33mfargate: " + test.want + " of this job have no effect: the job runs in the image of its task definition, without other services. " +
					"Choose a task definition that has them with the CI variable FARGATE_TASK_DEFINITION, or remove them from the job\x1b[0;m\n"
			}
			if above != want {
				t.Errorf("above the section is %q, want %q", above, want)
			}
		})
	}
}

func TestUnusedWarning_StaysOneLine(t *testing.T) {
	many := gitlab.Unused{Image: "a\n\x1b[0Ksection_end:1:x\r", Services: strings.Fields(strings.Repeat("registry.example.com/service ", 100))}
	text := unusedWarning(many)
	if len(text) > 700 || strings.ContainsAny(text, "\n\r\x1b") {
		t.Errorf("the warning is %q", text)
	}
}
